import { hashJson, type JsonObject, newUuid, type PlanDocument } from '@muster/domain';
import type { TestDatabase } from '../../../../test/support/database';
import { type Row, Rows, sha256 } from '../../../../test/support/rows';

const OUTPUT = { type: 'object', properties: { status: { type: 'string' } }, required: ['status'] };
const RECENTLY_MS = 50;

/** What a test says of its step; everything else is an honest default. */
export interface Given {
  readonly check?: string;
  readonly probe?: JsonObject;
  readonly output?: unknown;
  readonly operation?: Row;
  readonly step?: Row;
  /** Further steps of the plan, by key, with their outputs; they have succeeded. */
  readonly before?: Readonly<Record<string, unknown>>;
}

/** Rows as the coordinator and an executor would have left them for the verifier. */
export class Scene {
  private constructor(
    readonly rows: Rows,
    private readonly database: TestDatabase,
  ) {}

  static async on(database: TestDatabase): Promise<Scene> {
    return new Scene(await Rows.begin(database.client), database);
  }

  /** A step `open` in state verifying, whose operation has succeeded with `output`. */
  async verifying(given: Given = {}): Promise<Row> {
    const contract = await this.contract(given.probe);
    const before = Object.entries(given.before ?? {});
    const document = {
      steps: [
        ...before.map(([id]) => ({ id, tool: 'desk.open' })),
        { id: 'open', tool: 'desk.open', ...(given.check && { check: given.check }) },
      ],
    };
    const task = await this.task(document, contract, { state: 'running', finished_at: null, open_steps: 1 });
    for (const [index, [key, output]] of before.entries()) await this.succeeded(task, key, index, contract, output);
    const step = await this.rows.step(task, 'open', {
      plan_index: before.length,
      contract_hash: contract,
      state: 'verifying',
      finished_at: null,
      ...given.step,
    });
    await this.operation(step, given.output ?? { status: 'open' }, given.operation);
    return step;
  }

  /** A step whose operation is in doubt. */
  async inDoubt(probe: JsonObject | undefined): Promise<Row> {
    const contract = await this.contract(probe);
    const task = await this.task({ steps: [{ id: 'open', tool: 'desk.open' }] }, contract, {
      state: 'running',
      finished_at: null,
      open_steps: 1,
    });
    const step = await this.rows.step(task, 'open', { contract_hash: contract, state: 'waiting', finished_at: null });
    await this.rows.operation(step, {
      state: 'unknown',
      effect: 'probed',
      response_hash: null,
      resolver: null,
      settled_at: null,
    });
    return step;
  }

  /** A task in state verifying, whose step `open` ended with `output`. */
  async taskVerifying(completion: string[], invariants: string[], output: unknown, input: unknown = {}): Promise<Row> {
    const contract = await this.contract(undefined);
    const given = {
      state: 'verifying',
      finished_at: null,
      input: JSON.stringify(input),
      invariants: JSON.stringify(invariants),
      criteria_count: 1,
    };
    const task = await this.task({ steps: [{ id: 'open', tool: 'desk.open' }], completion }, contract, given);
    await this.succeeded(task, 'open', 0, contract, output);
    return task;
  }

  async succeeded(task: Row, key: string, index: number, contract: string, output: unknown): Promise<void> {
    const step = await this.rows.step(task, key, { plan_index: index, contract_hash: contract });
    await this.operation(step, output);
  }

  async verdictsOn(row: Row): Promise<Row[]> {
    const { rows } = await this.database.client.query(
      'select * from verdict where step_id = $1 or (task_id = $1 and step_id is null) order by round',
      [row.id],
    );
    return rows.map((verdict: Row) => ({ ...verdict, findings: JSON.parse(String(verdict.findings)) }));
  }

  async evidenceOf(row: Row): Promise<Row[]> {
    const { rows } = await this.database.client.query(
      'select * from evidence where step_id = $1 or (task_id = $1 and step_id is null) order by began_at',
      [row.id],
    );
    return rows;
  }

  private async operation(step: Row, output: unknown, given: Row = {}): Promise<void> {
    const response = Buffer.from(JSON.stringify(output));
    const settledAt = new Date(Date.now() - RECENTLY_MS);
    await this.rows.operation(step, { response, response_hash: sha256(response), settled_at: settledAt, ...given });
  }

  private async contract(probe: JsonObject | undefined): Promise<string> {
    const document = {
      name: 'desk.open',
      version: newUuid(),
      description: 'Opens a ticket.',
      effect: probe ? 'probed' : 'none',
      transport: { type: 'http', method: 'POST', url: 'http://127.0.0.1/' },
      input: { type: 'object' },
      output: OUTPUT,
      ...(probe && { probe }),
    };
    const hash = hashJson(document);
    await this.rows.insert('contract', { hash, document: JSON.stringify(document) });
    return hash;
  }

  private async task(document: PlanDocument, contract: string, given: Row): Promise<Row> {
    const body = { document, pins: { 'desk.open': { version: '1', hash: contract } } };
    const hash = `${hashJson(JSON.parse(JSON.stringify(body)))}-${newUuid()}`;
    await this.rows.insert('plan', { hash, body: JSON.stringify(body), steps: document.steps.length });
    return await this.rows.task(document, { plan_hash: hash, granted_hashes: [contract], ...given });
  }
}
