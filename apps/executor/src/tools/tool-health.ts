import { assertNever } from '@muster/domain';
import type { Classification, ToolAnswer } from '@muster/ledger';
import type { HealthSign } from '@muster/resilience';
import { ABORTED_BEFORE_SEND } from './not-sent';

const SERVICE_UNAVAILABLE = 503;

/**
 * What a call tells the breaker about its tool. A definite answer is healthy, a rejection and a 429 included: the tool is
 * up and judges. 503 is the exception, for by it the tool itself says that it is not up. Of the unknown outcomes those
 * below 500 are healthy too: an unlisted 409 is a fault of the contract, not of the tool. What we stopped ourselves, or
 * never let out, says nothing.
 */
export function healthSignOf(answer: ToolAnswer, { state }: Classification): HealthSign {
  switch (answer.kind) {
    case 'answered':
      if (answer.status === SERVICE_UNAVAILABLE) return 'ailing';
      return state !== 'unknown' || (answer.status >= 300 && answer.status < 500) ? 'healthy' : 'ailing';
    case 'output':
      return state === 'succeeded' ? 'healthy' : 'ailing';
    case 'errored':
    case 'not-done':
      return 'healthy';
    case 'exited':
      return 'ailing';
    case 'not-sent':
      return answer.code === ABORTED_BEFORE_SEND ? 'none' : 'ailing';
    case 'no-answer':
      return answer.code === 'aborted' ? 'none' : 'ailing';
    case 'rejected':
      return 'none';
    default:
      return assertNever(answer);
  }
}
