import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { type ParentMessage, SUPERVISED_VARIABLE } from '@muster/chassis';
import { lastLines, openLog } from './log-file';
import { Spare } from './spare';

export interface ServiceProgram {
  readonly name: string;
  readonly main: string;
  readonly logFile: string;
  /** Its return is waited for: a spare process stands by, with the code loaded. */
  readonly spared?: boolean;
}

/** What the supervisor hears from a child, and does about it. */
export interface ChildEvents {
  /** The workers the child was are certainly at an end: it was waited for. Answers before the child is started again. */
  reportEnd(name: string, workers: readonly string[]): Promise<void>;
  /** Said to the person at the terminal. */
  say(line: string): void;
}

const BACKOFF_MS_MIN = 200;
const BACKOFF_MS_MAX = 10_000;
/** One that lived this long did not fail at its start: it is started again at once. */
const SETTLED_MS = 5_000;
/** Longer than a service gives itself. */
const STOP_MS_MAX = 12_000;

/** One service as a child process: started again whenever it dies, until `stop`. */
export class ChildService {
  private child: ChildProcess | undefined;
  private url = '';
  private stopping = false;
  private failures = 0;
  private starts = 0;
  private restart: NodeJS.Timeout | undefined;
  private readonly spare = new Spare((env) => this.spawn(env));
  private ended: Promise<void> = Promise.resolve();
  private announceReady: (url: string) => void = () => undefined;
  /** The URL of the first instance that was ready. */
  readonly ready = new Promise<string>((resolve) => {
    this.announceReady = resolve;
  });

  constructor(
    private readonly program: ServiceProgram,
    private readonly env: NodeJS.ProcessEnv,
    private readonly events: ChildEvents,
  ) {}

  get name(): string {
    return this.program.name;
  }

  start(): void {
    const startedAt = performance.now();
    const workers: string[] = [];
    const child = this.spare.take() ?? this.spawn(this.faults());
    this.child = child;
    child.on('message', (message) => this.hear(message as ParentMessage, workers));
    this.ended = new Promise<void>((resolve) => {
      let over = false;
      const end = (why: string): void => {
        if (over) return;
        over = true;
        resolve(this.afterEnd(why, workers, performance.now() - startedAt));
      };
      child.once('error', (error) => end(error.message));
      child.once('exit', (code, signal) => end(signal ?? `exit status ${code}`));
    });
  }

  /** Asks it to drain, ends it by force when that takes too long, and answers when its end was reported. */
  async stop(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.restart);
    this.spare.end();
    this.child?.kill('SIGTERM');
    const force = setTimeout(() => this.kill(), STOP_MS_MAX);
    await this.ended.finally(() => clearTimeout(force));
  }

  kill(): void {
    this.stopping = true;
    this.spare.end();
    this.child?.kill('SIGKILL');
  }

  // Faults that a crash test asked for belong to the first instance: the next one is the recovery.
  private faults(): NodeJS.ProcessEnv {
    const own = (this.env.MUSTER_FAULT ?? '').split(',').filter((fault) => fault.startsWith(`${this.name}.`));
    return this.starts++ === 0 && own.length > 0 ? { MUSTER_FAULT: own.join(',') } : {};
  }

  private spawn(more: NodeJS.ProcessEnv): ChildProcess {
    const { MUSTER_FAULT: _, ...env } = this.env;
    // A service on a port of its choice keeps it, so that clients find it again.
    const port = this.url && this.name === 'coordinator' ? { MUSTER_PORT: new URL(this.url).port } : {};
    const consolePort = this.url && this.name === 'console' ? { MUSTER_CONSOLE_PORT: new URL(this.url).port } : {};
    const log = openLog(this.program.logFile);
    try {
      return spawn(process.execPath, [this.program.main], {
        env: { ...env, [SUPERVISED_VARIABLE]: '1', ...port, ...consolePort, ...more },
        stdio: ['ignore', log, log, 'ipc'],
        // A session of its own: Ctrl-C is ours to answer, so that everything drains in order.
        detached: true,
      });
    } finally {
      closeSync(log);
    }
  }

  private hear(message: ParentMessage, workers: string[]): void {
    if (message.type === 'worker') workers.push(message.id);
    if (message.type !== 'ready') return;
    if (this.url) this.events.say(`${this.name} is back.`);
    this.url = message.url;
    this.announceReady(message.url);
    if (this.program.spared && !this.stopping) this.spare.prepare();
  }

  private async afterEnd(why: string, workers: readonly string[], livedMs: number): Promise<void> {
    await this.events.reportEnd(this.name, workers);
    if (this.stopping) return;
    this.failures = livedMs > SETTLED_MS ? 0 : this.failures + 1;
    const ms = this.failures === 0 ? 0 : Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** (this.failures - 1));
    this.events.say(`${this.name} ended (${why}); starting it again${ms > 0 ? ` in ${ms / 1_000} s` : ''}.`);
    if (this.failures > 1) this.events.say(`The end of ${this.program.logFile}:\n${lastLines(this.program.logFile)}`);
    this.restart = setTimeout(() => this.start(), ms);
  }
}
