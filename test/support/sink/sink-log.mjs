import { existsSync } from 'node:fs';
import { open, readFile, truncate } from 'node:fs/promises';

const NEWLINE = 10;

/** An append-only file of JSON lines. Whatever came in while the disk was busy goes with its next write. */
export class SinkLog {
  #file;
  #seq;
  #waiting = [];
  #flushing = false;

  constructor(file, seq) {
    this.#file = file;
    this.#seq = seq;
  }

  /** Opens the log and answers the lines that an earlier process left. A line it died in never happened: it is cut off. */
  static async open(path) {
    const lines = existsSync(path) ? await mendedLines(path) : [];
    return { log: new SinkLog(await open(path, 'a'), lines.length), lines };
  }

  /** Resolves when the line is on the disk. Lines stand in the order of the calls. */
  append(line) {
    const text = `${JSON.stringify({ seq: ++this.#seq, at: Date.now(), ...line })}\n`;
    const written = new Promise((resolve, reject) => this.#waiting.push({ text, resolve, reject }));
    if (!this.#flushing) void this.#flush();
    return written;
  }

  async #flush() {
    this.#flushing = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0);
      try {
        await this.#file.appendFile(batch.map(({ text }) => text).join(''));
        await this.#file.datasync();
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#flushing = false;
  }
}

async function mendedLines(path) {
  const bytes = await readFile(path);
  const end = bytes.lastIndexOf(NEWLINE) + 1;
  if (end < bytes.length) await truncate(path, end);
  const text = bytes.subarray(0, end).toString();
  return text === ''
    ? []
    : text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
}
