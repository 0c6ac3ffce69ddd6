import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { JsonObject } from '@muster/domain';

/** A tool as a server of the tests lists it. */
export interface FakeTool {
  readonly name: string;
  readonly inputSchema: JsonObject;
  readonly outputSchema?: JsonObject;
  readonly annotations?: JsonObject;
}

interface LogLine {
  readonly pid: number;
  readonly what: 'list' | 'call' | 'cancelled';
  readonly name?: string;
  readonly arguments?: JsonObject;
  readonly meta?: JsonObject;
}

const REFERENCE_SERVERS = {
  everything: require.resolve('@modelcontextprotocol/server-everything/dist/index.js'),
  filesystem: require.resolve('@modelcontextprotocol/server-filesystem/dist/index.js'),
  memory: require.resolve('@modelcontextprotocol/server-memory/dist/index.js'),
};

/** The command of a reference server that npm has. */
export const referenceServer = (name: keyof typeof REFERENCE_SERVERS, ...args: string[]): string[] => [
  process.execPath,
  REFERENCE_SERVERS[name],
  ...args,
];

/** The reference server everything over streamable HTTP, and the way to end it. */
export async function everythingOverHttp(): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> {
  const port = await freePort();
  const [program = '', ...args] = referenceServer('everything', 'streamableHttp');
  const env = { PATH: process.env.PATH, PORT: String(port) };
  const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const lines = createInterface({ input: child.stderr });
  await once(lines, 'line');
  const stop = async () => {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  return { url: `http://127.0.0.1:${port}/mcp`, stop };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export const ACT: FakeTool = {
  name: 'act',
  inputSchema: { type: 'object', properties: { do: { type: 'string' } }, additionalProperties: false },
  outputSchema: { type: 'object', properties: { done: { type: 'boolean' } }, required: ['done'] },
};

/** A server that misbehaves as it is told (server.mjs), and the truth about what it was asked. */
export class FickleServer {
  readonly folder = mkdtempSync(join(tmpdir(), 'mcp-server-'));
  private child: ChildProcess | undefined;

  constructor(...tools: FakeTool[]) {
    this.list(...tools);
  }

  /** How an executor starts it. */
  get command(): string[] {
    return [process.execPath, join(__dirname, 'server.mjs'), this.folder];
  }

  /** From now on it lists these, and tells its clients that something changed. */
  list(...tools: FakeTool[]): void {
    const draft = join(this.folder, 'tools.draft');
    writeFileSync(draft, JSON.stringify(tools));
    renameSync(draft, join(this.folder, 'tools.json'));
  }

  /** Serves streamable HTTP and answers the address; a port of an earlier life makes it the same one. */
  async serve(port = 0): Promise<string> {
    const [program = '', ...args] = this.command;
    this.child = spawn(program, [...args, String(port)], { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: this.child.stdout! });
    const [address] = (await once(lines, 'line')) as [string];
    return address;
  }

  async kill(): Promise<void> {
    if (!this.child || this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }

  get log(): LogLine[] {
    const file = join(this.folder, 'log');
    if (!existsSync(file)) return [];
    // What follows the last newline is a line that is being written.
    const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as LogLine);
  }

  get calls(): LogLine[] {
    return this.log.filter(({ what }) => what === 'call');
  }

  get lists(): number {
    return this.log.filter(({ what }) => what === 'list').length;
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
