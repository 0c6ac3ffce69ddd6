import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PostgresCluster } from './postgres-cluster';
import { RedisServer } from './redis-server';

/** Addresses of the services, for the tests; set here once a run, or by a developer who has services running already. */
export const POSTGRES_URL_VARIABLE = 'MUSTER_TEST_POSTGRES_URL';
export const REDIS_URL_VARIABLE = 'MUSTER_TEST_REDIS_URL';
const SETUP = join(__dirname, '../../deploy/setup.mjs');

interface Stoppable {
  stop(): Promise<void>;
}
declare global {
  var musterTestServices: Stoppable[];
}

/**
 * One real Postgres and one real Redis for the whole run; every test file clones a database of its own. The processes
 * that test/e2e starts run from dist/, which is brought up to date here.
 */
export default async function startServices(): Promise<void> {
  globalThis.musterTestServices = [];
  await Promise.all([
    promisify(execFile)(process.execPath, [SETUP, 'build']),
    startUnlessGiven(POSTGRES_URL_VARIABLE, () => PostgresCluster.start()),
    startUnlessGiven(REDIS_URL_VARIABLE, () => RedisServer.start()),
  ]);
}

async function startUnlessGiven(variable: string, start: () => Promise<Stoppable & { url: string }>): Promise<void> {
  if (process.env[variable]) return;
  const service = await start();
  globalThis.musterTestServices.push(service);
  process.env[variable] = service.url;
}
