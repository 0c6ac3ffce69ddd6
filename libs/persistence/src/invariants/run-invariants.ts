import { AGENT_INVARIANTS } from './agent.invariants';
import { historyBreaches } from './history';
import { HISTORY_INVARIANTS } from './history.invariants';
import type { Breach, Invariant, SqlRunner } from './invariant';
import { LEDGER_INVARIANTS } from './ledger.invariants';
import { LIFECYCLE_INVARIANTS } from './lifecycle.invariants';

export const INVARIANTS: readonly Invariant[] = [
  ...LEDGER_INVARIANTS,
  ...LIFECYCLE_INVARIANTS,
  ...AGENT_INVARIANTS,
  ...HISTORY_INVARIANTS,
];

/** Rows of a breach that are shown. */
const ROWS_SHOWN = 5;
const HISTORIES_DEFAULT = 1_000;

export interface InvariantOptions {
  /** The services are running, and may take this long to mend what they mend by themselves: lease plus two sweeps. */
  readonly mendWithinMs?: number;
  /** So many of the newest tasks have their history chained and folded again; 0 for none. */
  readonly historiesMax?: number;
}

/** Asks every invariant and answers those that some row breaks: an empty list, always. */
export async function runInvariants(database: SqlRunner, options: InvariantOptions = {}): Promise<Breach[]> {
  const { mendWithinMs, historiesMax = HISTORIES_DEFAULT } = options;
  const breaches: Breach[] = [];
  for (const invariant of INVARIANTS) {
    const timed = invariant.sql.includes('$1');
    if (timed && mendWithinMs === undefined) continue;
    const { rows } = await database.query(firstRows(invariant), timed ? [mendWithinMs] : []);
    if (rows.length > 0) breaches.push({ invariant: invariant.name, promise: invariant.promise, rows });
  }
  return [...breaches, ...(await historyBreaches(database, historiesMax))];
}

const firstRows = (invariant: Invariant) => `select * from (${invariant.sql}) breach limit ${ROWS_SHOWN}`;
