import { Muster } from '../../test/support/muster';
import { askInvariants } from './invariants';

/** CPU profiles of the services are written here as they end. */
const PROFILES_VARIABLE = 'MUSTER_BENCH_PROFILES';

/**
 * Every service as a process of the supervisor that `npm start` runs, with the settings that it has by default. The kit
 * of the tests starts it, so what the kit makes quicker for the tests is put back here. `env`: settings past those.
 */
export function startFleet(env: Readonly<Record<string, string>> = {}): Promise<Muster> {
  const folder = process.env[PROFILES_VARIABLE];
  const profiles = folder ? profilesInto(folder) : {};
  return Muster.start({ env: { NODE_ENV: 'development', SWEEP_MS: '500', ...profiles, ...env } });
}

/** What has every service write a CPU profile there as it ends; its name holds the process's id. */
export const profilesInto = (folder: string): Record<string, string> => ({
  NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${folder}`,
});

/** Asks every invariant, unless told not to, and stops the services. */
export async function stopFleet(muster: Muster, { invariants = true } = {}): Promise<void> {
  try {
    if (invariants) await askInvariants(muster);
  } finally {
    await muster.stop({ unasked: false });
  }
}
