import { createRequire } from 'node:module';
import { join } from 'node:path';

/** The state machines, from the built domain library. */
export function lifecycles(root) {
  const domain = createRequire(import.meta.url)(join(root, 'dist/libs/domain/src/index.js'));
  return [domain.TASK, domain.STEP, domain.OPERATION, domain.WORKER, domain.PERMIT];
}

/** Every listed move as [from, to]; a state that lists itself is being written again, which is no move. */
export const movesOf = ({ table }) =>
  Object.entries(table).flatMap(([from, targets]) => targets.filter((to) => to !== from).map((to) => [from, to]));

/** [from, [to, …]] for every state with a way out. */
export const waysOut = ({ table }) =>
  Object.entries(table)
    .map(([from, targets]) => [from, targets.filter((to) => to !== from)])
    .filter(([, targets]) => targets.length > 0);
