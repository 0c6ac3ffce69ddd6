import type { ToolAnswer } from '@muster/ledger';
import type { Deadline } from '@muster/resilience';

export const ABORTED_BEFORE_SEND = 'aborted_before_send';
const TIMEOUT_BEFORE_SEND = 'timeout_before_send';

/** The call was stopped while none of its bytes had left: nothing was done, for certain. */
export const stoppedBeforeSend = (deadline: Deadline): ToolAnswer =>
  deadline.expired
    ? { kind: 'not-sent', code: TIMEOUT_BEFORE_SEND, message: 'The time was up before the request could be sent.' }
    : { kind: 'not-sent', code: ABORTED_BEFORE_SEND, message: 'The call was aborted before the request was sent.' };

/** The call was stopped after bytes may have left. */
export const stoppedAfterSend = (deadline: Deadline): ToolAnswer =>
  deadline.expired
    ? { kind: 'no-answer', code: 'timeout', message: 'The time was up before the answer was complete.' }
    : { kind: 'no-answer', code: 'aborted', message: 'The call was aborted before the answer was complete.' };
