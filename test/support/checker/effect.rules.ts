import type { Docket } from './docket';
import type { OperationRecord } from './evidence';
import type { Finding } from './findings';

/** G5: what may happen once happened once, whoever died meanwhile. Reading twice harms nobody. */
export function duplicateEffects({ effects, operations }: Docket): Finding[] {
  return [...effects].flatMap(([id, all]): Finding[] => {
    const operation = operations.get(id);
    if (!operation)
      return [{ rule: 'unknown-operation', subject: id, says: 'It happened, and the ledger never knew.' }];
    if (operation.effect === 'none' || all.length < 2) return [];
    const requests = all.map(({ request }) => request).join(', ');
    const says = `${operation.tool} (${operation.effect}) did it ${all.length} times, at requests ${requests}.`;
    return [{ rule: 'duplicate-effect', subject: id, says }];
  });
}

/** What the ledger says was done was done; what it says was not done was not. */
export function falseRecords(docket: Docket): Finding[] {
  return docket.testimony.database.operations
    .filter(({ effect }) => effect !== 'transactional')
    .flatMap((operation) => {
      const times = docket.timesOf(operation.id);
      if (operation.state === 'succeeded' && times === 0) return missing(docket, operation);
      return isDenied(operation) && times > 0 ? [denied(operation, times)] : [];
    });
}

/** A tool that lied about it can deceive the ledger, but not the verifier: the step must not have succeeded. */
function missing({ requests, steps }: Docket, { id, tool }: OperationRecord): Finding[] {
  const wasLiedTo = requests.get(id)?.some(({ behaviour }) => behaviour === 'phantom');
  if (!wasLiedTo) return [{ rule: 'lost-effect', subject: id, says: `${tool} succeeded, and nothing happened.` }];
  if (steps.get(id)?.state !== 'succeeded') return [];
  return [{ rule: 'believed-phantom', subject: id, says: `${tool} lied, and its step was verified all the same.` }];
}

const isDenied = ({ state, effect }: OperationRecord): boolean =>
  effect !== 'none' && (state === 'absent' || state === 'failed');

const denied = ({ id, tool, state }: OperationRecord, times: number): Finding => ({
  rule: 'denied-effect',
  subject: id,
  says: `${tool} is recorded as ${state}, and it happened ${times} times.`,
});

/** G5, transactional: the effect stands in our own database exactly where the answer does. */
export function artifactCounts({ testimony }: Docket): Finding[] {
  return testimony.database.operations
    .filter(
      ({ effect, state, artifacts }) => effect === 'transactional' && artifacts !== (state === 'succeeded' ? 1 : 0),
    )
    .map(({ id, state, artifacts }) => ({
      rule: 'artifact-count',
      subject: id,
      says: `It is ${state}, and left ${artifacts} artifacts.`,
    }));
}
