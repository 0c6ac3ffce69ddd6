import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './postgres-cluster';
import { until } from './until';

/**
 * A private Redis that evicts nothing; the test may kill it, or start another on the same port. It keeps nothing either,
 * unless it is `durable`: then it writes what it is told, once a second, as in production.
 */
export class RedisServer {
  private constructor(
    readonly port: number,
    readonly folder: string,
    private readonly child: ChildProcess,
  ) {}

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  static async start({ port, durable = false }: { port?: number; durable?: boolean } = {}): Promise<RedisServer> {
    const folder = await mkdtemp(join(tmpdir(), 'muster-redis-'));
    const chosen = port ?? (await freePort());
    const settings = [
      '--port',
      String(chosen),
      '--bind',
      '127.0.0.1',
      '--dir',
      folder,
      '--save',
      '',
      '--appendonly',
      durable ? 'yes' : 'no',
    ];
    const child = spawn('redis-server', [...settings, '--maxmemory-policy', 'noeviction'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += String(chunk);
    });
    await once(child, 'spawn');
    await until(() => output.includes('Ready to accept connections'), {
      what: `redis-server on port ${chosen} being ready`,
    });
    return new RedisServer(chosen, folder, child);
  }

  /** Sends one command, past the services; answers what came back, in Redis' own protocol. */
  async ask(...words: string[]): Promise<string> {
    const socket = connect(this.port, '127.0.0.1');
    const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
    socket.write(`*${words.length}\r\n${parts.join('')}`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    const text = answer.toString();
    if (text.startsWith('-')) throw new Error(`Redis answered ${text.trim()} to ${words.join(' ')}.`);
    return text;
  }

  /** Ends it as a crash would. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}
