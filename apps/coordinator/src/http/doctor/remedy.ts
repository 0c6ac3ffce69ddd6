import { HISTORY_CHECK, type Invariant } from '@muster/persistence';

/** What a person can do where an invariant does not hold: nothing of it mends itself by waiting. */
export function remedyOf(name: string, invariant: Invariant | undefined): string {
  if (name === HISTORY_CHECK.name || name.startsWith('events-')) return WRITTEN_PAST_US;
  // Those with a time in them speak of what running services mend by themselves.
  if (invariant?.sql.includes('$1')) return NOBODY_MENDS;
  return invariant?.guarantees.includes('G5') ? ASK_THE_TOOL : KEEP_AND_COMPARE;
}

const WRITTEN_PAST_US =
  'Find the line with `muster verify <task>`, and who wrote to the tables past the runtime: history cannot be mended, only restored from a backup.';
const NOBODY_MENDS =
  'See that a coordinator is ready, and look in its log for sweep.failed and decision.failed: it mends this within a lease and two sweeps.';
const ASK_THE_TOOL =
  'Ask the system behind the tool what really happened under this operation’s id before anything is sent again; then report the rows as a defect.';
const KEEP_AND_COMPARE =
  'Keep the rows as they are, see with `muster explain <task>` and `muster verify <task>` what led to them, and report it as a defect.';
