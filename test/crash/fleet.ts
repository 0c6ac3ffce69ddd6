import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type FaultPoint, faultFile } from '@muster/chassis';
import type { Resolution, TaskRequest } from '@muster/client';
import { parseId, type ToolContract } from '@muster/domain';
import { END_OF_WORKERS } from '@muster/persistence';
import { Pool } from 'pg';
import { newApiKey } from '../support/api-key';
import { freshDatabase, type TestDatabase } from '../support/database';
import { IntakeProducer } from '../support/intake-producer';
import { expectNoBreach } from '../support/invariants';
import { REDIS_URL_VARIABLE } from '../support/start-services';
import { until } from '../support/until';
import type { Signal } from './cells';
import { KeptProcess } from './kept-process';

/** Short, so that a frozen process is soon given up; longer where so much else runs that it could not be renewed. */
const LEASE_MS = Math.round(2_500 * Math.min(4, Math.max(1, loadavg()[0]! / availableParallelism())));
const HEARTBEAT_MS = Math.floor(LEASE_MS / 5);
const LOST_GRACE_MS = 300;
const SWEEP_MS = 250;
/** A frozen coordinator answers nobody: then another one is asked. */
const ANSWER_MS_MAX = 3_000;
const ASKED_MS_MAX = 120_000;
const PRUNED_AFTER_MS = 2 * 24 * 60 * 60 * 1_000;
/** The lease and some sweeps. */
const MEND_WITHIN_MS = 2 * LEASE_MS;

/** What the mark of a process says that is not frozen any more. */
const THAWED = 'thawed';
/** The lane whose executor is there to be lost. */
const IDLE_LANE = 'idle';

/** Who is there: so many of each, and two executors for each lane, of which one takes over from the other. */
export interface Crew {
  readonly coordinators: number;
  readonly planners: number;
  readonly verifiers: number;
  readonly lanes: readonly string[];
  /** The lane whose executor nobody strikes. */
  readonly calmLane: string;
  /** The setting MODELS. */
  readonly models: string;
}

/** One Muster of many processes, any of which may be struck at any time, since others of its kind are there. */
export class Fleet {
  private readonly processes: KeptProcess[] = [];
  private readonly faults: string;
  private asked = 0;
  private producer: Promise<IntakeProducer> | undefined;

  private constructor(
    private readonly folder: string,
    private readonly database: TestDatabase,
    private readonly key: string,
    readonly sql: Pool,
    private readonly models: string,
  ) {
    this.faults = join(folder, 'faults');
    mkdirSync(this.faults);
  }

  static async start(crew: Crew): Promise<Fleet> {
    const folder = mkdtempSync(join(tmpdir(), 'muster-crash-'));
    const database = await freshDatabase();
    const sql = new Pool({ connectionString: database.url, max: 4 });
    sql.on('error', () => undefined);
    const fleet = new Fleet(folder, database, await newApiKey(sql), sql, crew.models);
    await fleet.launch(crew);
    return fleet;
  }

  /** Whoever passes this point for this subject is struck, once. */
  arm(point: FaultPoint, subject: string, signal: Signal): void {
    writeFileSync(join(this.faults, faultFile(point, subject)), signal);
  }

  /** From now on nobody is struck there; who was is forgotten, and does not stay frozen. */
  disarm(point: FaultPoint, subject: string): void {
    rmSync(join(this.faults, faultFile(point, subject)), { force: true });
    this.thaw(point, subject);
    const mark = this.markOf(point, subject);
    if (mark) rmSync(join(this.faults, mark));
  }

  /** The pid of the process that was struck there. */
  struckAt(point: FaultPoint, subject: string): number | undefined {
    const mark = this.markOf(point, subject);
    return mark === undefined ? undefined : Number(mark.split('@').at(-1));
  }

  /** Whether a process that was killed has been waited for. */
  hasEnded(pid: number): boolean {
    return this.processes.every((kept) => kept.pid !== pid);
  }

  /**
   * Lets the process go on that was frozen there, unless it is frozen for somebody else. To be repeated until it is back:
   * one that has left its mark may still be on its way into the freeze, and a signal that comes before is lost.
   */
  thaw(point: FaultPoint, subject: string): void {
    const mark = this.markOf(point, subject);
    if (mark === undefined || this.textOf(mark) === ('kill' satisfies Signal)) return;
    writeFileSync(join(this.faults, mark), THAWED);
    const pid = Number(mark.split('@').at(-1));
    if (!this.isFrozen(pid) && !this.hasEnded(pid)) process.kill(pid, 'SIGCONT');
  }

  async register(contract: ToolContract): Promise<void> {
    await this.ask('PUT', `/v1/tools/${contract.name}`, contract);
  }

  /** The id of the task; a try whose answer did not come is repeated under its key. */
  async submit(request: TaskRequest, key: string): Promise<string> {
    const { id } = await this.ask<{ id: string }>('POST', '/v1/tasks', request, { 'idempotency-key': key });
    return parseId('task', id) ?? id;
  }

  /** The id of the task that a job of the queue became, whose id and key this is. */
  async queue(request: TaskRequest, key: string): Promise<string> {
    const producer = await this.intake();
    await producer.add(producer.message(request, { idempotencyKey: key }), { jobId: key });
    const taskOf = 'select id from task where idempotency_key = $1';
    const row = async () => (await this.rows<{ id: string }>(taskOf, key))[0];
    return (await until(row, { what: `the task of job ${key}`, deadlineMs: ASKED_MS_MAX })).id;
  }

  /** Adds a job that nobody signed. */
  async queueUnsigned(request: TaskRequest, jobId: string): Promise<void> {
    const producer = await this.intake();
    const { keyId, signature, ...unsigned } = producer.message(request);
    await producer.add(unsigned, { jobId });
  }

  async cancel(task: string): Promise<void> {
    const shown = `tsk_${task.replaceAll('-', '')}`;
    await this.ask('POST', `/v1/tasks/${shown}/cancel`, { reason: 'No longer wanted.' });
  }

  /** Removes what ended two days ago or more. */
  async prune(): Promise<void> {
    await this.ask('POST', '/v1/prune', { olderThanMs: PRUNED_AFTER_MS });
  }

  /** Lets a task that has ended have ended long enough ago for that. */
  async age(task: string): Promise<void> {
    const aged =
      "update task set finished_at = finished_at - interval '3 days' where id = $1 and finished_at is not null";
    await this.sql.query(aged, [task]);
  }

  /** Ends a process that nobody needs, so that there is somebody to give up. */
  loseBystander(): void {
    this.processes.at(-1)!.kill();
  }

  /** A person's word. It is refused where the answer came meanwhile, and where it is said again because nobody answered. */
  async resolve(operation: string, resolution: Resolution): Promise<void> {
    await this.ask('POST', `/v1/operations/op_${operation.replaceAll('-', '')}/resolve`, resolution, {}, [409]);
  }

  async rows<R extends object>(text: string, ...values: unknown[]): Promise<R[]> {
    return (await this.sql.query<R>(text, values)).rows;
  }

  async expectNoBreach(): Promise<void> {
    await expectNoBreach(this.sql, { mendWithinMs: MEND_WITHIN_MS });
  }

  /** How many processes were started past the first of each. */
  get restarts(): number {
    return this.processes.reduce((sum, { starts }) => sum + starts - 1, 0);
  }

  /** What the processes wrote, for whoever has to find out why a promise was broken. */
  keepLogs(folder: string): void {
    cpSync(this.folder, folder, { recursive: true });
  }

  /** Stops everybody in good order, asks every invariant, and leaves nothing behind. */
  async stop(): Promise<void> {
    await (await this.producer)?.close();
    await Promise.all(this.processes.map((kept) => kept.stop()));
    try {
      await expectNoBreach(this.sql);
    } finally {
      await this.sql.end();
      await this.database.drop();
      await rm(this.folder, { recursive: true, force: true });
    }
  }

  private async launch({ coordinators, planners, verifiers, lanes, calmLane }: Crew): Promise<void> {
    for (let nth = 0; nth < coordinators; nth++) this.keep('coordinator', nth);
    for (let nth = 0; nth < planners; nth++) this.keep('planner', nth);
    for (let nth = 0; nth < verifiers; nth++) this.keep('verifier', nth);
    for (const lane of lanes) for (const nth of [0, 1]) this.keep('executor', nth, lane);
    this.keep('executor', 0, calmLane);
    this.keep('executor', 1, IDLE_LANE);
    await Promise.all(this.processes.map((kept) => kept.start()));
  }

  private intake(): Promise<IntakeProducer> {
    this.producer ??= until(() => IntakeProducer.of(this.coordinatorUrl, this.key).catch(() => undefined), {
      what: 'a key for the queue',
      deadlineMs: ASKED_MS_MAX,
    });
    return this.producer;
  }

  private keep(service: string, nth: number, lane?: string): void {
    const logFile = join(this.folder, `${[service, lane, nth].filter((part) => part !== undefined).join('-')}.log`);
    const env = { ...this.settings(), ...(lane && { EXECUTOR_LANES: `${lane},${gateLaneOf(lane)}` }) };
    // The ends of every other process are reported, those of the rest show by their locks alone.
    const onEnd = (workers: readonly string[]): Promise<void> =>
      nth % 2 === 0 ? this.report(workers) : Promise.resolve();
    this.processes.push(new KeptProcess({ service, env, logFile, onEnd }));
  }

  private async report(workers: readonly string[]): Promise<void> {
    await this.sql.query(END_OF_WORKERS.text, [workers]);
  }

  private settings(): NodeJS.ProcessEnv {
    return {
      NODE_ENV: 'test',
      DATABASE_URL: this.database.url,
      DATABASE_POOL_MAX: '4',
      REDIS_URL: process.env[REDIS_URL_VARIABLE],
      QUEUE_PREFIX: basename(this.folder).split('-').at(-1),
      EGRESS_ALLOW: '127.0.0.0/8',
      MODELS: this.models,
      LOG_LEVEL: 'info',
      LEASE_TTL_MS: String(LEASE_MS),
      HEARTBEAT_MS: String(HEARTBEAT_MS),
      WORKER_LOST_GRACE_MS: String(LOST_GRACE_MS),
      SWEEP_MS: String(SWEEP_MS),
      MUSTER_FAULT_FOLDER: this.faults,
    };
  }

  private markOf(point: FaultPoint, subject: string): string | undefined {
    const start = `${faultFile(point, subject)}@`;
    return readdirSync(this.faults).find((name) => name.startsWith(start));
  }

  private textOf(mark: string): string {
    return readFileSync(join(this.faults, mark), 'utf8');
  }

  private isFrozen(pid: number): boolean {
    const marks = readdirSync(this.faults).filter((name) => name.endsWith(`@${pid}`));
    return marks.some((mark) => this.textOf(mark) === ('stop' satisfies Signal));
  }

  /** Where the coordinator is that answered last, or the one after it where that one is known to be frozen. */
  private get coordinatorUrl(): string {
    const coordinators = this.processes.filter(({ service }) => service === 'coordinator');
    const turns = coordinators.map((_, turn) => coordinators[(this.asked + turn) % coordinators.length]!);
    return (turns.find(({ pid }) => !this.isFrozen(pid)) ?? turns[0]!).url;
  }

  /** Asks one coordinator after the other until one answers. */
  private async ask<T>(
    method: string,
    path: string,
    body: object,
    headers: Record<string, string> = {},
    alsoRight: readonly number[] = [],
  ): Promise<T> {
    return until(() => this.askOne<T>(method, path, body, headers, alsoRight), {
      what: `an answer to ${method} ${path}`,
      deadlineMs: ASKED_MS_MAX,
    });
  }

  private async askOne<T>(
    method: string,
    path: string,
    body: object,
    headers: Record<string, string>,
    alsoRight: readonly number[],
  ): Promise<T | undefined> {
    const { asked } = this;
    const response = await fetch(this.coordinatorUrl + path, {
      method,
      headers: { authorization: `Bearer ${this.key}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    }).catch(() => undefined);
    const text = await response?.text().catch(() => undefined);
    if (!response || text === undefined || response.status >= 500) {
      // Several may find so at once: the next one is the next for all of them.
      if (this.asked === asked) this.asked++;
      return undefined;
    }
    if (!response.ok && !alsoRight.includes(response.status)) throw new Error(`${method} ${path}: ${text}`);
    return JSON.parse(text) as T;
  }
}

/** A step in another lane than its successor's never makes one run with it. */
export const gateLaneOf = (lane: string): string => `${lane}.gate`;
