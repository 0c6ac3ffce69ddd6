import {
  type DatabaseFindingView,
  type DoctorView,
  QUEUES,
  type QueueFindingView,
  type ServiceFindingView,
  type WorkersFindingView,
} from '@muster/contracts';
import { Doorbells, QueueBackend } from '@muster/messaging';
import { Database, type NamedSql } from '@muster/persistence';
import { Injectable } from '@nestjs/common';
import { InvariantCheck } from './invariant.check';

/** Without the first three no task moves; a planner is asked for goals alone. */
const SERVICES = { coordinator: true, executor: true, verifier: true, planner: false };

const VERSION: NamedSql = { name: 'doctor.version', text: `select current_setting('server_version') as version` };

/** Processes that live: their lease runs, and their lock is held. */
const LIVING: NamedSql = {
  name: 'doctor.living',
  text: `select service, array_agg(pid order by pid) as pids from worker
    where state = 'ready' and leased_until > now() and lock_missed_at is null group by service`,
};

/** Looks at everything the runtime stands on, and says what is not well. */
@Injectable()
export class Doctor {
  constructor(
    private readonly database: Database,
    private readonly doorbells: Doorbells,
    private readonly backend: QueueBackend,
    private readonly invariants: InvariantCheck,
  ) {}

  async examine(): Promise<DoctorView> {
    const [database, queue] = await Promise.all([this.examineDatabase(), this.examineQueue()]);
    const workers = database.ok ? await this.examineWorkers() : { ok: false, message: 'not asked', services: [] };
    const invariants = database.ok ? await this.invariants.run() : [];
    const ok = database.ok && queue.ok && workers.ok && invariants.every(({ breaches }) => breaches === 0);
    return { ok, checkedAt: new Date().toISOString(), database, queue, workers, invariants };
  }

  private async examineDatabase(): Promise<DatabaseFindingView> {
    const began = performance.now();
    try {
      const [row] = await this.database.query<{ version: string }>(VERSION);
      const latencyMs = Math.round((performance.now() - began) * 10) / 10;
      return { ok: true, message: `Postgres ${row?.version.split(' ')[0]}`, latencyMs };
    } catch (error) {
      return { ok: false, message: messageOf(error) };
    }
  }

  private async examineQueue(): Promise<QueueFindingView> {
    const backend = this.backend.kind;
    try {
      const depths = await this.doorbells.depths(Object.values(QUEUES));
      const queues = depths.map(({ queue, ...counts }) => ({ name: queue, counts }));
      return { ok: true, message: `BullMQ on ${backend === 'redis' ? 'Redis' : 'Postgres'}`, backend, queues };
    } catch (error) {
      // Tasks go on all the same, by the sweeper.
      return { ok: false, message: messageOf(error), backend, queues: [] };
    }
  }

  private async examineWorkers(): Promise<WorkersFindingView> {
    const living = await this.database.query<{ service: string; pids: number[] }>(LIVING);
    const services = Object.entries(SERVICES).map(([service, required]): ServiceFindingView => {
      const pids = living.find((row) => row.service === service)?.pids ?? [];
      return { service, required, ready: pids.length, pids };
    });
    const missing = services.filter(({ required, ready }) => required && ready === 0).map(({ service }) => service);
    const message = missing.length > 0 ? `no ${missing.join(', no ')} is ready` : 'every service is ready';
    return { ok: missing.length === 0, message, services };
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
