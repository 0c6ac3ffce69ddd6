import { createHash } from 'node:crypto';
import { CHAIN_START, eventHash, hashJson, newUuid, operationId, type PlanDocument, placeUnder } from '@muster/domain';
import type { Client } from 'pg';

/** Column values by name; what a test does not name gets an honest default. */
export type Row = Record<string, unknown>;

const LATE = new Date('2026-01-01T10:00:10Z');
/** More than any test sends. */
const CALLS = 10;
const EARLY = new Date('2026-01-01T10:00:00Z');
export const sha256 = (bytes: string | Buffer): Buffer => createHash('sha256').update(bytes).digest();

/** Writes rows as the services would have left them, for tests of the database itself: nothing here runs a service. */
export class Rows {
  private constructor(
    private readonly client: Client,
    readonly tenantId: string,
    readonly contractHash: string,
    readonly workerId: string,
  ) {}

  static async begin(client: Client, contract: Row = { effect: 'keyed' }): Promise<Rows> {
    const rows = new Rows(client, `tenant-${newUuid()}`, `contract-${newUuid()}`, newUuid());
    await rows.insert('tenant', { id: rows.tenantId, name: 'Test' });
    await rows.insert('contract', { hash: rows.contractHash, document: JSON.stringify(contract) });
    // It has ended, and that is known: a sweeper that found it out during a test would hurry every step.
    await rows.worker({ id: rows.workerId, state: 'dead', ended_at: LATE, given_up_at: LATE });
    return rows;
  }

  /** A task, completed unless said otherwise, with its plan and a history that says of `steps` what they are. */
  async task(document: PlanDocument, given: Row = {}, steps: Row = {}): Promise<Row> {
    const hash = `${hashJson(JSON.parse(JSON.stringify(document)))}-${newUuid()}`;
    await this.insert('plan', { hash, body: JSON.stringify({ document, pins: {} }), steps: document.steps.length });
    const told = { state: given.state ?? 'completed', fence: given.fence ?? 0, steps };
    const event = anEvent(1, told);
    const task: Row = {
      id: newUuid(),
      tenant_id: this.tenantId,
      state: 'completed',
      revision: 1,
      event_seq: 1,
      event_hash: event.hash,
      plan_revision: 1,
      plan_hash: hash,
      steps_total: document.steps.length,
      step_counts: JSON.stringify(countsOf(steps)),
      tool_calls: CALLS,
      granted_hashes: [this.contractHash],
      finished_at: LATE,
      ...given,
    };
    await this.insert('task', task);
    await this.insert('task_plan', { task_id: task.id, revision: 1, plan_hash: hash, source: 'caller', active: true });
    await this.event(task, event);
    return task;
  }

  /** A step that has succeeded, unless said otherwise. */
  async step(task: Row, key: string, given: Row = {}): Promise<Row> {
    const step: Row = {
      id: newUuid(),
      task_id: task.id,
      tenant_id: task.tenant_id,
      key,
      plan_index: 0,
      plan_revision: 1,
      tool: 'bank.pay',
      contract_hash: this.contractHash,
      lane: 'default',
      priority: 5,
      state: 'succeeded',
      epoch: 1,
      waiting_on: 0,
      operation_id: operationId(String(task.id), key, 1),
      finished_at: LATE,
      place: typeof given.item_index === 'number' ? placeUnder('', given.item_index) : '',
      ...given,
    };
    await this.insert('step', step);
    return step;
  }

  /** The step's operation: succeeded at its first sending, unless said otherwise. */
  async operation(step: Row, given: Row = {}): Promise<Row> {
    const request = Buffer.from(`{"for":"${step.key}"}`);
    const operation: Row = {
      id: step.operation_id,
      task_id: step.task_id,
      tenant_id: step.tenant_id,
      step_id: step.id,
      step_key: step.key,
      tool: step.tool,
      contract_hash: step.contract_hash,
      effect: 'keyed',
      state: 'succeeded',
      sending: 1,
      epoch: step.epoch,
      worker_id: this.workerId,
      fence: 0,
      request,
      request_hash: sha256(request),
      response_hash: sha256('{}'),
      resolver: 'answer',
      first_sent_at: EARLY,
      sent_at: EARLY,
      settled_at: LATE,
      ...given,
    };
    await this.insert('operation', operation);
    return operation;
  }

  /** Sending 1 of an operation, its outcome unknown, unless said otherwise. */
  async sending(operation: Row, given: Row = {}): Promise<void> {
    await this.insert('sending', {
      operation_id: operation.id,
      sending: 1,
      task_id: operation.task_id,
      worker_id: this.workerId,
      epoch: 1,
      fence: 0,
      request_hash: operation.request_hash,
      outcome: 'unknown',
      sent_at: EARLY,
      ended_at: EARLY,
      ...given,
    });
  }

  async worker(given: Row = {}): Promise<Row> {
    const worker: Row = {
      id: newUuid(),
      service: 'executor',
      pid: 1,
      host: 'test',
      state: 'ready',
      lock_key: 1,
      leased_until: LATE,
      ...given,
    };
    await this.insert('worker', worker);
    return worker;
  }

  async event(task: Row, given: Row = {}): Promise<void> {
    await this.insert('event', { task_id: task.id, tenant_id: task.tenant_id, ...anEvent(1, {}), ...given });
  }

  async insert(table: string, row: Row): Promise<void> {
    const columns = Object.keys(row);
    const places = columns.map((_, index) => `$${index + 1}`);
    await this.client.query(
      `insert into ${table} (${columns.join(', ')}) values (${places.join(', ')})`,
      Object.values(row),
    );
  }
}

/** Of what a history tells: `{key: [state, epoch]}`. */
const countsOf = (told: Row): Record<string, number> =>
  Object.fromEntries(
    [...Map.groupBy(Object.values(told), (image) => (image as [string])[0])].map(([state, those]) => [
      state,
      those.length,
    ]),
  );

/** An event as the chain's first one would be. */
function anEvent(seq: number, told: object): Row {
  const line = { seq, type: 'task.accepted', at: EARLY.getTime(), data: JSON.stringify(told) };
  return { ...line, at: EARLY, hash: Buffer.from(eventHash(CHAIN_START, line), 'hex') };
}
