import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * A child that does not outlive us. It leads a process group of its own: Ctrl-C on the terminal reaches the demo alone,
 * which then stops everything in order, and what does not stop is ended together with all its children.
 */
export class Child {
  private readonly exit: Promise<unknown>;
  private readonly lastResort = () => this.killGroup();

  private constructor(
    readonly running: ChildProcess,
    readonly name: string,
  ) {
    this.exit = once(running, 'exit');
    process.once('exit', this.lastResort);
  }

  static async start(name: string, argv: readonly string[], options: SpawnOptions): Promise<Child> {
    const running = spawn(process.execPath, argv, { ...options, detached: true });
    await once(running, 'spawn');
    return new Child(running, name);
  }

  get hasExited(): boolean {
    return this.running.exitCode !== null || this.running.signalCode !== null;
  }

  /** Asks it to end, waits, and ends the whole group by force where it does not. */
  async stop(withinMs: number): Promise<void> {
    if (!this.hasExited) this.running.kill('SIGTERM');
    const patience = AbortSignal.timeout(withinMs);
    const outOfPatience = new Promise((resolve) => patience.addEventListener('abort', resolve, { once: true }));
    if (!this.hasExited) await Promise.race([this.exit, outOfPatience]);
    this.killGroup();
    await this.exit;
    process.removeListener('exit', this.lastResort);
  }

  private killGroup(): void {
    try {
      process.kill(-this.running.pid!, 'SIGKILL');
    } catch {
      // ESRCH: nobody of the group is left, which is what was wanted.
    }
  }
}
