import { deepStrictEqual } from 'node:assert';
import { type InvariantOptions, runInvariants, type SqlRunner } from '@muster/persistence';

/** Fails with the sentence and the rows of every invariant that does not hold; called after each test that ran services. */
export async function expectNoBreach(database: SqlRunner, options?: InvariantOptions): Promise<void> {
  // Not jest's expect: programs that measure ask as well.
  deepStrictEqual(await runInvariants(database, options), []);
}
