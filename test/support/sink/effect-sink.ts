import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EffectClass, ToolContract } from '@muster/domain';
import { aTool } from '../builders';
import { until } from '../until';

/** The ways a tool may behave at one request; behaviours.mjs says what each of them does. */
export type SinkBehaviour =
  | 'ok'
  | 'slow'
  | 'hang-before'
  | 'hang-after'
  | 'reset-before'
  | 'reset-after'
  | 'late-effect'
  | 'error-after'
  | 'phantom'
  | 'twice'
  | 'wrong-echo'
  | 'truncated'
  | 'huge'
  | 'too-many'
  | 'unavailable'
  | 'reject';

/**
 * A list: the nth request of an operation behaves as its nth entry says, later ones well. Weights: each request is drawn
 * from the seed, the tool, the body and the request's number within its operation; the fourth and later ones behave well.
 */
export type SinkScript = readonly SinkBehaviour[] | Readonly<Partial<Record<SinkBehaviour, number>>>;

/** Transactional tools write in our own database; they have nothing to do with the world outside. */
export type SinkEffect = Exclude<EffectClass, 'transactional'>;

interface SinkLineBase {
  /** The number of the line, from 1. */
  readonly seq: number;
  /** Milliseconds since 1970, by the sink's clock. */
  readonly at: number;
  /** The operation's UUID as 32 hexadecimal digits, however it was shown. */
  readonly operation: string;
}
interface SinkCall {
  /** The number of the request, over all tools. */
  readonly request: number;
  readonly tool: string;
  readonly effect: SinkEffect;
}
export interface SinkRequest extends SinkLineBase, SinkCall {
  readonly kind: 'request';
  readonly attempt: number;
  readonly task: string;
  readonly step: string;
  readonly bodyHash: string;
  readonly behaviour: SinkBehaviour;
  /** A keyed tool was still at work under the same key: 409, whatever the script says. */
  readonly isRefused: boolean;
}
/** Something really happened. For class `none`: it was read. */
export interface SinkEffectLine extends SinkLineBase, SinkCall {
  readonly kind: 'effect';
  /** The tool did it a second time at one request: not its caller's fault. */
  readonly isOwnFault?: boolean;
}
export interface SinkProbe extends SinkLineBase {
  readonly kind: 'probe';
  /** What the answer was: how often it had happened. */
  readonly times: number;
}
export type SinkLine = SinkRequest | SinkEffectLine | SinkProbe;

export interface SinkOptions {
  /** Where the log and the settings lie; made if absent. A log that is there is gone on with. */
  readonly folder: string;
  readonly seed?: number;
  /** By the tool's name; a tool that is not named behaves well. */
  readonly behaviours?: Readonly<Record<string, SinkScript>>;
  /** How late `slow` answers. */
  readonly slowMs?: number;
  /** How long after the reset a `late-effect` takes place; less than `absentAfterMs` of the contract. */
  readonly lateMs?: number;
}

const PROGRAM = join(__dirname, 'sink.mjs');
const SLOW_MS = 150;
const LATE_MS = 50;

/** The effect sink's process, as a test holds it. Everything it says it read from the log on the disk. */
export class EffectSink {
  private constructor(
    private readonly folder: string,
    private readonly port: number,
    private child: ChildProcess,
  ) {}

  static async start({ folder, ...options }: SinkOptions): Promise<EffectSink> {
    const { seed = 1, behaviours = {}, slowMs = SLOW_MS, lateMs = LATE_MS } = options;
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'settings.json'), JSON.stringify({ seed, behaviours, slowMs, lateMs }));
    const { child, port } = await run(folder, 0);
    return new EffectSink(folder, port, child);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** A contract of a tool of this sink, of any name; what is given replaces the default. */
  contract(tool: string, effect: SinkEffect, given: Partial<ToolContract> = {}): ToolContract {
    const url = `${this.url}/tools/${effect}/${tool}`;
    return aTool(tool, effect, this.url, { transport: { type: 'http', method: 'POST', url }, ...given });
  }

  /** From now on the tool behaves so; a list begins with the next request of operations that have had none. */
  async behave(tool: string, script: SinkScript): Promise<void> {
    await this.ask(`behaviours/${tool}`, script);
  }

  /** Lets every call that hangs go on as if it had been slow: `hang-before` has its effect now. */
  async release(): Promise<void> {
    await this.ask('release', {});
  }

  /** What a person finds who goes there and looks: how often it happened, and how many requests are still at work. */
  async look(operation: string): Promise<{ readonly times: number; readonly atWork: number }> {
    const response = await fetch(`${this.url}/look/${operation}`);
    return (await response.json()) as { times: number; atWork: number };
  }

  /** Every complete line, in order; also while it runs, and after it was killed. */
  async log(): Promise<SinkLine[]> {
    const file = join(this.folder, 'sink.log');
    const text = existsSync(file) ? await readFile(file, 'utf8') : '';
    const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
    return lines.filter(Boolean).map((line) => JSON.parse(line) as SinkLine);
  }

  /** The requests to a tool, in their order. */
  async requestsTo(tool: string): Promise<SinkRequest[]> {
    return (await this.log()).filter((line): line is SinkRequest => line.kind === 'request' && line.tool === tool);
  }

  /** What the tool really did, a line for each time. */
  async effectsOf(tool: string): Promise<SinkEffectLine[]> {
    return (await this.log()).filter((line): line is SinkEffectLine => line.kind === 'effect' && line.tool === tool);
  }

  /** Resolves with the nth request to a tool, as soon as it has come. */
  async request(tool: string, nth = 1): Promise<SinkRequest> {
    return until(async () => (await this.requestsTo(tool))[nth - 1], { what: `request ${nth} to ${tool}` });
  }

  /** Ends it as a crash would; what was written stays. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }

  /** Starts it again after a kill: at the same port, knowing what its log says. */
  async restart(): Promise<void> {
    await this.kill();
    this.child = (await run(this.folder, this.port)).child;
  }

  /** Ends it; its folder stays. */
  async stop(): Promise<void> {
    await this.kill();
  }

  private async ask(path: string, body: object): Promise<void> {
    const response = await fetch(`${this.url}/${path}`, { method: 'POST', body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`The sink answered ${response.status}: ${await response.text()}`);
    await response.body?.cancel();
  }
}

async function run(folder: string, port: number): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(process.execPath, [PROGRAM, folder, String(port)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { PATH: process.env.PATH },
  });
  const ready = once(child, 'message').then(([message]) => (message as { port: number }).port);
  const died = once(child, 'exit').then(([code]) => Promise.reject(new Error(`The sink ended with ${code}.`)));
  const chosen = await Promise.race([ready, died]);
  died.catch(() => undefined);
  child.channel?.unref();
  child.unref();
  return { child, port: chosen };
}
