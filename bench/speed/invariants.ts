import { INVARIANTS } from '@muster/persistence';
import type { Muster } from '../../test/support/muster';
import { progressLine } from '../../test/support/progress-line';

/** A question that takes longer is given up, and named: it looks at more than the benchmark has time for. */
const SECONDS_MAX = 10;
const CANCELLED = '57014';

/**
 * Asks every invariant: figures of a run that broke a promise would be worth nothing. The tables were filled faster than
 * Postgres notices, and a question about them would be planned as if they were small: so it looks at them first.
 */
export async function askInvariants(muster: Muster): Promise<void> {
  const session = await muster.sql.connect();
  const began = performance.now();
  try {
    await session.query('analyze');
    await session.query(`set statement_timeout = '${SECONDS_MAX}s'`);
    // Those with a parameter say what must be mended in time; here everything has ended.
    for (const { name, sql } of INVARIANTS.filter((one) => !one.sql.includes('$1'))) {
      const answer = await session.query(`select * from (${sql}) breach limit 1`).catch((error: { code?: string }) => {
        if (error.code !== CANCELLED) throw error;
        progressLine(`invariant ${name}: no answer within ${SECONDS_MAX} s`);
      });
      if (answer?.rows.length) throw new Error(`Invariant ${name} does not hold: ${JSON.stringify(answer.rows[0])}`);
    }
  } finally {
    session.release(true);
  }
  progressLine(`invariants asked in ${((performance.now() - began) / 1_000).toFixed(1)} s`);
}
