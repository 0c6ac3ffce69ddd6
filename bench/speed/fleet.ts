import { expectNoBreach } from '../../test/support/invariants';
import { Muster } from '../../test/support/muster';
import { progressLine } from '../../test/support/progress-line';

/** CPU profiles of the services are written here as they end. */
const PROFILES_VARIABLE = 'MUSTER_BENCH_PROFILES';

/**
 * Every service as a process of the supervisor that `npm start` runs, with the settings that it has by default. The kit
 * of the tests starts it, so what the kit makes quicker for the tests is put back here.
 */
export function startFleet(): Promise<Muster> {
  const folder = process.env[PROFILES_VARIABLE];
  const profiles: Record<string, string> = folder ? { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${folder}` } : {};
  return Muster.start({ env: { NODE_ENV: 'development', SWEEP_MS: '500', ...profiles } });
}

/**
 * Asks every invariant, unless told not to, and stops the services: figures of a run that broke a promise would be worth
 * nothing. The tables were filled faster than Postgres notices, and a question about them would be planned as if they
 * were small: so it looks at them first.
 */
export async function stopFleet(muster: Muster, { invariants = true } = {}): Promise<void> {
  try {
    if (!invariants) return;
    const began = performance.now();
    await muster.rows('analyze');
    await expectNoBreach(muster.sql);
    progressLine(`every invariant holds; asked in ${((performance.now() - began) / 1_000).toFixed(1)} s`);
  } finally {
    await muster.stop({ unasked: false });
  }
}
