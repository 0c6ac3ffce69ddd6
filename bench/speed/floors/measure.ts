import { connectionSettings } from '@muster/persistence';
import { Client } from 'pg';
import { freshDatabase } from '../../../test/support/database';
import { distributionOf } from '../../distribution';
import type { Harness } from '../adapter/bench-tool';
import { cpuSeconds, machineSeconds } from '../processes';
import type { Servers } from '../servers';
import { BareLedger } from './bare.ledger';
import type { FloorLedger } from './floor-ledger';
import { FloorProgram, type FloorSetting } from './floor-program';
import { type FloorWorkload, floorWorkloads } from './floor-workloads';
import { MusterLedger } from './muster.ledger';

/** Two tables, and the tables of Muster. */
export type FloorSchema = 'bare' | 'muster';

export interface Floor {
  readonly schema: FloorSchema;
  readonly workload: string;
  readonly metric: string;
  /** In the unit of the comparison's measure of that name. */
  readonly figure: number;
  /** Of one chain, fan-out or graph; of all chains of W2. */
  readonly stepsOfRun: number;
  /** Likewise. */
  readonly commits: number;
  /** What one step costs. */
  readonly postgresUs: number;
  readonly nodeUs: number;
  readonly walBytes: number;
  readonly setting: FloorSetting;
}

export interface Floors {
  readonly floors: readonly Floor[];
  /** One row, one commit, one connection that waits for it: what every promise waits for. */
  readonly commitMs: number;
  /** Cores that processes of others took meanwhile: what they took, a floor had not. */
  readonly othersCores: number;
  /** As Postgres says of itself. */
  readonly settings: Readonly<Record<string, string>>;
}

export interface FloorWishes {
  readonly repeat: number;
  readonly quick: boolean;
  readonly workloads: readonly string[];
}

type Spent = Pick<Floor, 'postgresUs' | 'nodeUs' | 'walBytes' | 'commits'>;

const COMMITS = 400;
/** Short rounds are many, so that a moment in which the machine did something else is not all there is. */
const ROUNDS_MS_MIN = 2_500;
const PROMISES = ['fsync', 'synchronous_commit', 'full_page_writes'];
const LEDGERS: Readonly<Record<FloorSchema, () => FloorLedger>> = {
  bare: () => new BareLedger(),
  muster: () => new MusterLedger(),
};

export async function measureFloors(
  servers: Servers,
  tool: Harness,
  wishes: FloorWishes,
  tell: (line: string) => void,
): Promise<Floors> {
  const floors: Floor[] = [];
  const othersCores = await watchOthers(servers);
  for (const schema of ['bare', 'muster'] as const) {
    for (const workload of floorWorkloads(wishes.quick).filter(({ name }) => wishes.workloads.includes(name))) {
      const measured: Floor[] = [];
      for (const setting of workload.settings) {
        const floor = await new FloorMeasurement(servers, tool, schema, workload, setting).take(wishes.repeat);
        tell(`${schema} ${workload.name} ${workload.metric} ${JSON.stringify(setting)}: ${floor.figure.toFixed(1)}`);
        measured.push(floor);
      }
      floors.push(bestOf(workload, measured));
    }
  }
  const alone = await inDatabase(1, commitsAlone);
  tell(`one commit: ${alone.commitMs.toFixed(2)} ms`);
  return { floors, othersCores: await othersCores(), ...alone };
}

/** Begins to watch; answers how to ask for the cores that others took since. */
async function watchOthers({ postgres, redis }: Servers): Promise<() => Promise<number>> {
  const look = async () => {
    const ours = [...cpuSeconds(await postgres.pid(), redis.pid).values()].reduce((sum, seconds) => sum + seconds, 0);
    return { others: machineSeconds() - ours, at: performance.now() };
  };
  const before = await look();
  return async () => {
    const after = await look();
    return Math.max(0, (after.others - before.others) / ((after.at - before.at) / 1_000));
  };
}

/** A program that somebody could have written better is no floor: the best of its settings counts. */
function bestOf({ better }: FloorWorkload, floors: readonly Floor[]): Floor {
  const sorted = floors.toSorted((a, b) => a.figure - b.figure);
  return (better === 'lower' ? sorted[0] : sorted.at(-1))!;
}

/** One workload on one schema in one way, in a database of its own. */
class FloorMeasurement {
  constructor(
    private readonly servers: Servers,
    private readonly tool: Harness,
    private readonly schema: FloorSchema,
    private readonly workload: FloorWorkload,
    private readonly setting: FloorSetting,
  ) {}

  take(repeat: number): Promise<Floor> {
    return inDatabase(this.setting.connections, async (clients, owner) => {
      const ledger = LEDGERS[this.schema]();
      await ledger.prepare(owner);
      // What others wrote is on the disk before anything waits for it.
      await owner.query('checkpoint');
      const program = new FloorProgram(ledger, clients, this.tool, this.setting);
      await this.workload.warmUp(program);
      const { name, metric, better, steps, runs } = this.workload;
      const { figures, spent } = await this.spentBy(owner, program, () => this.rounds(program, repeat));
      await ledger.check(owner);
      const figure = better === 'lower' ? Math.min(...figures) : Math.max(...figures);
      const { schema, setting } = this;
      return { schema, workload: name, metric, figure, stepsOfRun: steps / runs, setting, ...spent };
    });
  }

  private async rounds(program: FloorProgram, repeat: number): Promise<number[]> {
    const figures: number[] = [];
    const end = performance.now() + ROUNDS_MS_MIN;
    while (figures.length < repeat || performance.now() < end) figures.push(await this.workload.round(program));
    return figures;
  }

  private async spentBy(
    client: Client,
    program: FloorProgram,
    work: () => Promise<number[]>,
  ): Promise<{ figures: number[]; spent: Spent }> {
    const look = async () => ({
      wal: Number((await client.query("select pg_current_wal_insert_lsn() - '0/0' as bytes")).rows[0].bytes),
      postgres: cpuSeconds(await this.servers.postgres.pid(), this.servers.redis.pid).get('postgres') ?? 0,
      commits: program.commits,
    });
    const before = await look();
    const node = process.cpuUsage();
    const figures = await work();
    const { user, system } = process.cpuUsage(node);
    const after = await look();
    const steps = figures.length * this.workload.steps;
    const spent = {
      postgresUs: ((after.postgres - before.postgres) * 1_000_000) / steps,
      nodeUs: (user + system) / steps,
      walBytes: (after.wal - before.wal) / steps,
      commits: (after.commits - before.commits) / (figures.length * this.workload.runs),
    };
    return { figures, spent };
  }
}

async function commitsAlone([client]: readonly Client[]): Promise<Pick<Floors, 'commitMs' | 'settings'>> {
  await client!.query('checkpoint');
  await client!.query('create table one_row (id integer generated always as identity primary key)');
  const insert = { name: 'floor.one-row', text: 'insert into one_row default values' };
  const times: number[] = [];
  for (let n = 0; n < COMMITS; n++) {
    const began = performance.now();
    await client!.query(insert);
    times.push(performance.now() - began);
  }
  const settings: Record<string, string> = {};
  for (const name of PROMISES) settings[name] = (await client!.query(`show ${name}`)).rows[0][name];
  return { commitMs: distributionOf(times).p50, settings };
}

/** Connections as Muster's services have them, but for the role; statements are sent before the last one has its answer. */
async function inDatabase<T>(
  connections: number,
  work: (clients: readonly Client[], owner: Client) => Promise<T>,
): Promise<T> {
  const database = await freshDatabase();
  const settings = { ...connectionSettings({ url: database.url, name: 'floor' }), pipeline: true };
  const clients = Array.from({ length: connections }, () => new Client(settings));
  try {
    await Promise.all(clients.map((client) => client.connect()));
    return await work(clients, database.client);
  } finally {
    await Promise.all(clients.map((client) => client.end()));
    await database.drop();
  }
}
