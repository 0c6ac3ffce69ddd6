import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { type ParentMessage, SUPERVISED_VARIABLE } from '@muster/chassis';

const ROOT = join(__dirname, '../..');
const STOP_MS_MAX = 10_000;

export interface Keeping {
  readonly service: string;
  readonly env: NodeJS.ProcessEnv;
  readonly logFile: string;
  /** Told the workers that the process was, when it has ended and before it is started again. */
  readonly onEnd: (workers: readonly string[]) => Promise<void>;
}

/** A service process that is started again at once whenever it ends, as a supervisor would, at the same port. */
export class KeptProcess {
  private child: ChildProcess | undefined;
  private stopping = false;
  private ended: Promise<void> = Promise.resolve();
  /** Where it answers; empty until it was ready once. */
  url = '';
  /** How often it was started. */
  starts = 0;

  constructor(private readonly keeping: Keeping) {}

  get service(): string {
    return this.keeping.service;
  }

  get pid(): number {
    return this.child?.pid ?? 0;
  }

  /** Resolves when it is ready for the first time. */
  async start(): Promise<void> {
    const ready = new Promise<void>((resolve) => this.run(resolve));
    const died = this.ended.then(() => {
      if (!this.url) throw new Error(`${this.service} ended at its start; see ${this.keeping.logFile}.`);
    });
    await Promise.race([ready, died]);
  }

  /** Ends it as a crash would; it is started again like after any other end. */
  kill(): void {
    this.child?.kill('SIGKILL');
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.child?.kill('SIGCONT');
    this.child?.kill('SIGTERM');
    const force = setTimeout(() => this.child?.kill('SIGKILL'), STOP_MS_MAX);
    await this.ended.finally(() => clearTimeout(force));
  }

  private run(onReady: () => void): void {
    const workers: string[] = [];
    const child = this.spawn();
    this.child = child;
    this.starts++;
    child.on('message', (message: ParentMessage) => {
      if (message.type === 'worker') workers.push(message.id);
      else {
        this.url = message.url;
        onReady();
      }
    });
    this.ended = once(child, 'exit').then(async () => {
      await this.keeping.onEnd(workers);
      if (!this.stopping && this.url) this.run(onReady);
    });
  }

  private spawn(): ChildProcess {
    const { service, env, logFile } = this.keeping;
    const log = openSync(logFile, 'a');
    try {
      return spawn(process.execPath, [join(ROOT, 'dist/apps', service, 'src/main.js')], {
        env: {
          ...env,
          PATH: process.env.PATH,
          HOME: process.env.HOME,
          [SUPERVISED_VARIABLE]: '1',
          NODE_COMPILE_CACHE: join(ROOT, 'dist/.code-cache'),
          MUSTER_PORT: this.url ? new URL(this.url).port : '0',
        },
        stdio: ['ignore', log, log, 'ipc'],
      });
    } finally {
      closeSync(log);
    }
  }
}
