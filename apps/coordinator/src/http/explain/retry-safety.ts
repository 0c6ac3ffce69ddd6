import { assertNever } from '@muster/domain';
import type { WaitingOperation } from '@muster/persistence';

export interface RetrySafety {
  readonly isSafe: boolean;
  readonly why: string;
}

/** Whether sending it once more could do something twice. */
export function safetyOf(operation: WaitingOperation | undefined): RetrySafety {
  if (!operation) return { isSafe: true, why: 'Nothing was sent yet.' };
  if (operation.state === 'absent') return { isSafe: true, why: 'It is certain that nothing was done.' };
  if (operation.state === 'succeeded') return { isSafe: false, why: 'It was done already.' };
  if (operation.state === 'failed')
    return { isSafe: false, why: 'It was refused for good; the same request is refused again.' };
  return whileUnknown(operation);
}

function whileUnknown({ effect }: WaitingOperation): RetrySafety {
  switch (effect) {
    case 'none':
      return { isSafe: true, why: 'The tool changes nothing.' };
    case 'transactional':
      return { isSafe: true, why: 'Intent and effect are one transaction in our own database.' };
    case 'keyed':
      return { isSafe: true, why: 'Inside its window the tool refuses duplicates of the operation id.' };
    case 'probed':
      return { isSafe: false, why: 'Only after the tool has said that it did not happen.' };
    case 'opaque':
      return { isSafe: false, why: 'It may have been done, and the tool can neither refuse duplicates nor be asked.' };
    default:
      return assertNever(effect);
  }
}
