import { freshDatabase, type TestDatabase } from '../support/database';
import { type Crossed, claimAcross } from './crossing';
import { PatchedDatabase, type StatementPatch } from './patched-database';
import { PLAYS, type PlayName, play } from './plays';
import { RealStore } from './real-store';
import { LOCK_MUTANTS, STATEMENT_MUTANTS, type StatementMutant } from './statement-mutants';
import { Difference } from './twin';
import { walk } from './twin-walk';

const WALKS = 40;
const WITHIN_MS = 300_000;
/** What the statements must have been answered in all walks together, or they were too tame to prove anything. */
const ANSWERS = [
  ...['claimed', 'stale', 'withdrawn', 'early', 'worker_given_up', 'not_granted', 'permit_required'].map(
    (result) => `claim: ${result}`,
  ),
  ...['succeeded', 'failed', 'unknown', 'absent', 'late', 'repeated'].map((state) => `settled: ${state}`),
  ...['commit: won', 'commit: lost'],
];
const CROSSED: readonly [Crossed, string][] = [
  ['a decision', 'stale'],
  ['a cancel', 'withdrawn'],
];

jest.setTimeout(WITHIN_MS);

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
  await RealStore.prepare(database.client);
});
afterAll(() => database.drop());

async function withReal<T>(work: (real: RealStore) => Promise<T>, patch?: StatementPatch): Promise<T> {
  const real = new RealStore(database.client, new PatchedDatabase(database.url, patch));
  try {
    return await work(real);
  } finally {
    await real.close();
  }
}

async function walks(real: RealStore): Promise<ReadonlySet<string>> {
  const answers = new Set<string>();
  for (let seed = 0; seed < WALKS; seed++) for (const answer of await walk(real, seed)) answers.add(answer);
  return answers;
}

describe('the store of the simulation', () => {
  it('answers random statements as Postgres does, and holds the same rows after each', async () => {
    const answers = await withReal(walks);

    expect(ANSWERS.filter((answer) => !answers.has(answer))).toEqual([]);
  });

  it.each(Object.keys(PLAYS) as PlayName[])('agrees with Postgres on %s', async (name) => {
    await expect(withReal((real) => play(real, name))).resolves.toBeUndefined();
  });
});

describe('a statement that is broken on purpose', () => {
  const differenceOf = ({ play: name, ...patch }: StatementMutant): Promise<unknown> =>
    withReal<unknown>((real) => (name ? play(real, name) : walks(real)), patch);

  it.each(STATEMENT_MUTANTS)('is given away by a difference: $name', async (mutant) => {
    await expect(differenceOf(mutant)).rejects.toThrow(Difference);
  });
});

describe('a claim that comes while another transaction has written and not yet committed', () => {
  it.each(CROSSED)('waits for %s, and is %s', async (crossed, answer) => {
    expect(await claimAcross(database, crossed)).toBe(answer);
  });

  it.each(LOCK_MUTANTS)('would be granted: $name', async ({ crosses, ...patch }) => {
    expect(await claimAcross(database, crosses, patch)).toBe('claimed');
  });
});
