import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Child } from './child';
import { type DeskLine, parseDeskLog } from './desk-log';
import { DEMO_LIMITS } from './limits';

/** The ticket desk as a process of its own: what it did is known from its log alone. */
export class DeskProcess {
  readonly lines: DeskLine[] = [];
  private listeners: ((line: DeskLine) => void)[] = [];

  private constructor(
    private readonly child: Child,
    private readonly logFile: string,
  ) {
    createInterface({ input: child.running.stdout! }).on('line', (text) => this.heard(JSON.parse(text) as DeskLine));
  }

  static async start(script: string, logFile: string): Promise<{ desk: DeskProcess; url: string }> {
    const child = await Child.start('desk', [script, '--log', logFile], { stdio: ['pipe', 'pipe', 'inherit'] });
    const desk = new DeskProcess(child, logFile);
    const line = await desk.next((one) => one.what === 'listening', DEMO_LIMITS.DESK_START_MS_MAX);
    return { desk, url: `http://127.0.0.1:${line.port}` };
  }

  onLine(listener: (line: DeskLine) => void): void {
    this.listeners.push(listener);
  }

  /** The log as it is on the disk: what the desk wrote before it did anything. */
  log(): DeskLine[] {
    return parseDeskLog(readFileSync(this.logFile, 'utf8'));
  }

  stop(): Promise<void> {
    return this.child.stop(DEMO_LIMITS.STOP_MS_MAX);
  }

  private heard(line: DeskLine): void {
    this.lines.push(line);
    for (const listener of this.listeners) listener(line);
  }

  private next(wanted: (line: DeskLine) => boolean, withinMs: number): Promise<DeskLine> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('The ticket desk did not start.')), withinMs);
      this.onLine((line) => {
        if (!wanted(line)) return;
        clearTimeout(timer);
        resolve(line);
      });
    });
  }
}
