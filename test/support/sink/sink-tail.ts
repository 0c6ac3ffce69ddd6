import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { SinkLine } from './effect-sink';

const CHUNK_BYTES = 1 << 20;

/** Follows a sink's log while it grows, reading each line once. */
export class SinkTail {
  readonly lines: SinkLine[] = [];
  /** Effects that change something outside. */
  effects = 0;
  private readonly times = new Map<string, number>();
  private offset = 0;
  private rest = '';
  private reading: Promise<void> | undefined;

  private constructor(private readonly file: FileHandle) {}

  static async of(folder: string): Promise<SinkTail> {
    return new SinkTail(await open(join(folder, 'sink.log'), 'r'));
  }

  /** How often an operation took effect, as far as was read. */
  timesOf(operation: string): number {
    return this.times.get(operation) ?? 0;
  }

  /** Reads whatever is new. */
  async catchUp(): Promise<void> {
    this.reading ??= this.read().finally(() => {
      this.reading = undefined;
    });
    await this.reading;
  }

  async close(): Promise<void> {
    await this.reading;
    await this.file.close();
  }

  private async read(): Promise<void> {
    const buffer = Buffer.alloc(CHUNK_BYTES);
    for (;;) {
      const { bytesRead } = await this.file.read(buffer, 0, CHUNK_BYTES, this.offset);
      if (bytesRead === 0) return;
      this.offset += bytesRead;
      // The log is ASCII but for what callers name their tools; no line is cut within a character of ours.
      const lines = (this.rest + buffer.toString('utf8', 0, bytesRead)).split('\n');
      this.rest = lines.pop() ?? '';
      for (const line of lines) this.take(JSON.parse(line) as SinkLine);
    }
  }

  private take(line: SinkLine): void {
    this.lines.push(line);
    if (line.kind !== 'effect') return;
    this.times.set(line.operation, this.timesOf(line.operation) + 1);
    if (line.effect !== 'none') this.effects++;
  }
}
