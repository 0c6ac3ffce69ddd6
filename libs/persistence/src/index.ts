export * from './database';
export * from './database-faults';
/** The rows as Prisma reads them: `Rows.Task`, `Rows.Step` and so on. */
export type * as Rows from './generated/client';
export { Prisma, PrismaClient } from './generated/client';
export * from './group-commit';
export * from './invariants';
export * from './liveness-lock';
export * from './migrate';
export * from './persistence.module';
export * from './readers';
export * from './readers/plan.cache';
export * from './readers/step-outputs.reader';
export { END_OF_WORKERS, MOVE_WORKER, OPEN_WORKERS, REGISTER_WORKER, RENEW_WORKER } from './worker.sql';
export * from './worker-lease';
export * from './worker-lifetime';
