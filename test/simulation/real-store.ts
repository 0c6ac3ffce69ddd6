import { randomInt } from 'node:crypto';
import { type Advance, type AdvanceAnswer, OperationLedger, type Refusal } from '@muster/ledger';
import {
  type Database,
  END_OF_WORKERS,
  MOVE_WORKER,
  PlanCache,
  REGISTER_WORKER,
  RENEW_WORKER,
} from '@muster/persistence';
import type { Acceptance } from '../../apps/coordinator/src/lifecycle/accept';
import type { Decision } from '../../apps/coordinator/src/lifecycle/decision';
import type { Snapshot, VerdictRow } from '../../apps/coordinator/src/lifecycle/snapshot';
import { SnapshotReader } from '../../apps/coordinator/src/lifecycle/snapshot.reader';
import { TaskMemory } from '../../apps/coordinator/src/lifecycle/task.memory';
import {
  BACKLOG,
  SWEEP_DUE,
  SWEEP_GIVE_UP,
  SWEEP_HURRY,
  SWEEP_LOCKS,
  SWEEP_LOST,
  SWEEP_NEXT,
} from '../../apps/coordinator/src/lifecycle/task.sql';
import { TaskStore } from '../../apps/coordinator/src/lifecycle/task.store';
import { CONTRACTS_BY_HASH } from '../../apps/coordinator/src/lifecycle/testing/contracts';
import { GRACE_MS, LEASE_TTL_MS } from '../../apps/coordinator/src/lifecycle/testing/task.world';
import { EvidenceStore } from '../../apps/verifier/src/evidence.store';
import { WRITE_STEP_VERDICTS, WRITE_TASK_VERDICTS } from '../../apps/verifier/src/verdict.sql';
import type { TestDatabase } from '../support/database';

/** Whoever decides on permits. */
export const SOMEBODY = '00000000-0000-7000-8000-00000000babe';
const ROWS_MAX = 1_000;
const LOCK_KEY_END = 2 ** 47;

/**
 * A clock of its own for a database: `now()` of every statement means the moment that is set here, on connections that
 * are made from then on. The defaults of columns were bound to the real one when the tables were made.
 */
const OWN_CLOCK = `
  create schema sim;
  create table sim.moment (at timestamptz not null);
  insert into sim.moment values (to_timestamp(0));
  create function sim.now() returns timestamptz language sql stable as 'select at from sim.moment';
  create function sim.clock_timestamp() returns timestamptz language sql stable as 'select at from sim.moment';
  do $$ begin execute format('alter database %I set search_path = sim, pg_catalog, public', current_database()); end $$`;

/** The tables that a task fills. Some are append-only, which only a replica's session may ignore. */
const EMPTY = `
  set session_replication_role = replica;
  delete from task_plan; delete from task; delete from step; delete from operation; delete from sending; delete from worker;
  delete from permit; delete from refusal; delete from verdict; delete from evidence; delete from event;
  reset session_replication_role`;

/** The same statements as MemoryStore has them, as the services send them to Postgres. */
export class RealStore {
  readonly reader: SnapshotReader;
  /** Reads with what a coordinator remembers that made the commits here. */
  readonly remembering: SnapshotReader;
  readonly memory = new TaskMemory();
  private readonly tasks: TaskStore;
  private readonly ledger: OperationLedger;
  private readonly evidence: EvidenceStore;
  private readonly lockKeys = new Map<string, string>();

  constructor(
    private readonly admin: TestDatabase['client'],
    private readonly database: Database,
  ) {
    const plans = new PlanCache(database);
    this.reader = new SnapshotReader(database, plans, new TaskMemory(0));
    this.remembering = new SnapshotReader(database, plans, this.memory);
    this.tasks = new TaskStore(database);
    this.ledger = new OperationLedger(database, 'twin');
    this.evidence = new EvidenceStore(database);
  }

  /** Once for a database, before any other connection to it. */
  static async prepare(admin: TestDatabase['client']): Promise<void> {
    await admin.query(OWN_CLOCK);
    await admin.query("insert into tenant (id, name) values ('acme', 'Acme') on conflict do nothing");
    await admin.query(
      "insert into api_key (id, tenant_id, label, key_hash, scopes) values ($1, 'acme', 'twin', '\\x00', '{}')",
      [SOMEBODY],
    );
    for (const { hash, ...contract } of CONTRACTS_BY_HASH.values())
      await admin.query('insert into contract (hash, document) values ($1, $2)', [hash, JSON.stringify(contract)]);
  }

  async begin(acceptance: Acceptance, now: number): Promise<void> {
    await this.admin.query(EMPTY);
    await this.admin.query('select pg_advisory_unlock_all()');
    await this.setClock(now);
    await this.tasks.submit(acceptance);
    this.memory.accepted(acceptance);
  }

  async setClock(now: number): Promise<void> {
    await this.admin.query('update sim.moment set at = to_timestamp($1::float8 / 1000)', [now]);
  }

  advance(advance: Advance): Promise<AdvanceAnswer> {
    return this.ledger.advance(advance);
  }

  refuse(refusal: Refusal): Promise<void> {
    return this.ledger.refuse(refusal);
  }

  /** Without what it was drawn from it is the commit of another coordinator. */
  async commit(decision: Decision, drawnFrom?: Snapshot): Promise<boolean> {
    const won = (await this.tasks.commit([decision])).has(decision.task.id);
    if (won && drawnFrom) this.memory.committed(decision, drawnFrom);
    return won;
  }

  async addProbe(row: Parameters<EvidenceStore['add']>[0]): Promise<void> {
    await this.evidence.add(row);
  }

  async judge(
    { id, stepId, round, passed, code, message }: VerdictRow & { round: number },
    taskId: string,
  ): Promise<void> {
    const words = [[passed], [code], [message]];
    if (stepId) await this.database.query(WRITE_STEP_VERDICTS, [[id], [stepId], [round], ...words, ['[]'], ['[]']]);
    else {
      const seen = [['[]'], [id], [new Date(0)], [Buffer.from('{}')], ['{}']];
      await this.database.query(WRITE_TASK_VERDICTS, [[id], [taskId], [round], ...words, ...seen]);
    }
  }

  // Workers. Their locks are those of one connection: what counts is whether somebody holds them.

  async register(id: string): Promise<void> {
    const lockKey = String(randomInt(1, LOCK_KEY_END));
    this.lockKeys.set(id, lockKey);
    await this.database.query(REGISTER_WORKER, [id, 'executor', 1, 'host', [], lockKey, LEASE_TTL_MS]);
    await this.database.query(MOVE_WORKER, [id, 'ready']);
    await this.setLock(id, true);
  }

  async setLock(id: string, holds: boolean): Promise<void> {
    await this.admin.query(`select pg_advisory_${holds ? 'lock' : 'unlock'}($1::bigint)`, [this.lockKeys.get(id)]);
  }

  async renew(id: string): Promise<boolean> {
    return (await this.database.query(RENEW_WORKER, [id, LEASE_TTL_MS, false])).length > 0;
  }

  async reportEnd(id: string): Promise<void> {
    await this.database.query(END_OF_WORKERS, [[id]]);
  }

  // Sweeps.

  async giveUpWorkers(): Promise<void> {
    await this.database.query(SWEEP_LOCKS);
    const gone = await this.database.query(SWEEP_GIVE_UP, [GRACE_MS]);
    if (gone.length > 0) await this.database.query(SWEEP_HURRY);
  }

  async lost(): Promise<string[]> {
    const rows = await this.database.query<{ step_id: string }>(SWEEP_LOST, [GRACE_MS, ROWS_MAX]);
    return rows.map((row) => row.step_id);
  }

  async due(): Promise<{ steps: string[]; task: boolean }> {
    const rows = await this.database.query<{ step_id: string | null; task_id: string | null }>(SWEEP_DUE, [ROWS_MAX]);
    return { steps: rows.flatMap((row) => row.step_id ?? []), task: rows.some((row) => row.task_id !== null) };
  }

  /** Milliseconds from now. */
  async nextDue(): Promise<number | undefined> {
    const [next] = await this.database.query<{ wait_ms: number | null }>(SWEEP_NEXT);
    return next?.wait_ms ?? undefined;
  }

  async backlog(): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>(BACKLOG, [['acme'], [ROWS_MAX]]);
    return rows.map((row) => row.id);
  }

  /** What no snapshot shows. */
  async rows(): Promise<object> {
    const { rows } = await this.admin.query<{ rows: object }>(ROWS);
    return rows[0]!.rows;
  }

  async close(): Promise<void> {
    await this.ledger.close();
    await this.tasks.close();
    await this.database.close();
  }
}

const ms = (column: string): string => `(extract(epoch from ${column}) * 1000)::bigint`;
const list = (fields: string, from: string): string =>
  `(select coalesce(json_agg(json_build_object(${fields})), '[]') from ${from})`;

const OPERATIONS = `'id', id, 'state', state, 'fence', fence, 'contractHash', contract_hash, 'request', encode(request, 'hex'),
  'response', encode(response, 'hex'), 'permitId', permit_id`;
const PERMITS = `'id', id, 'operationId', operation_id, 'request', encode(request, 'hex'), 'state', state, 'expiresAt', ${ms('expires_at')}`;
const SENDINGS = `'operationId', operation_id, 'sending', sending, 'late', late, 'workerId', worker_id, 'epoch', epoch, 'fence', fence,
  'outcome', outcome, 'code', code, 'response', encode(response, 'hex'), 'sentAt', ${ms('sent_at')}, 'endedAt', ${ms('ended_at')}`;
const WORKERS = `'id', id, 'state', state, 'leasedUntil', ${ms('leased_until')}, 'lockMissedAt', ${ms('lock_missed_at')},
  'endedAt', ${ms('ended_at')}, 'givenUpAt', ${ms('given_up_at')}`;
const EVENTS = `'seq', seq, 'type', type, 'at', ${ms('at')}, 'data', data, 'hash', encode(hash, 'hex')`;

const ROWS = `select json_build_object(
  'operations', ${list(OPERATIONS, '(select * from operation order by id) o')},
  'sendings', ${list(SENDINGS, '(select * from sending order by operation_id, sending, late) x')},
  'permits', ${list(PERMITS, '(select * from permit order by id) p')},
  'workers', ${list(WORKERS, '(select * from worker order by id) w')},
  'events', ${list(EVENTS, '(select * from event order by seq) e')}) as rows`;
