import type { Settlement } from './operation.ledger';
import type { ToolAnswer } from './tool-answer';

/** The claim was too old by the time its bytes could have left: others may hold it for lost by now. */
export const CLAIM_TOO_OLD = {
  kind: 'not-sent',
  code: 'lease_stale',
  message: 'The lease was too old to send on; nothing left this process.',
} as const satisfies ToolAnswer;

/** What becomes of a claim that nobody called on, since the lease was too old by the time it was known to be committed. */
export const tooOldToSend = (operationId: string, sending: number): Settlement => ({
  operationId,
  sending,
  state: 'absent',
  response: null,
  outputValid: null,
  code: CLAIM_TOO_OLD.code,
  message: CLAIM_TOO_OLD.message,
});
