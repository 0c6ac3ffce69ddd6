import { inspect } from 'node:util';
import type { NothingDone } from '@muster/domain';
import type { ToolAnswer } from '@muster/ledger';
import { TOOL_LIMITS } from './limits';

/** A function may return anything. It did its work, so that what cannot be kept leaves the outcome unknown. */
export function answerOfReturn(value: unknown): ToolAnswer {
  const text = jsonOf(value);
  if (text === undefined) {
    return { kind: 'no-answer', code: 'body-unreadable', message: 'The function returned what is no JSON.' };
  }
  const body = Buffer.from(text);
  if (body.length <= TOOL_LIMITS.RESPONSE_BYTES_MAX) return { kind: 'output', body };
  const message = `The function returned more than ${TOOL_LIMITS.RESPONSE_BYTES_MAX} bytes.`;
  return { kind: 'no-answer', code: 'too-large', message };
}

/** Only a function's own mark says that nothing was done (NothingDone); no other error does, whatever it is about. */
export function answerOfThrow(thrown: unknown): ToolAnswer {
  const { muster, message = inspect(thrown), retryAfterMs } = partsOf(thrown);
  switch (muster) {
    case 'rejected':
      return { kind: 'rejected', code: 'function_rejected', message };
    case 'notDone':
      return { kind: 'not-done', code: 'function_not_done', message, retryAfterMs };
    default:
      return { kind: 'no-answer', code: 'threw', message: `The function threw: ${message}` };
  }
}

/** Nothing returned is null, as the answer of an HTTP tool without a body is. */
function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value === undefined ? null : value);
  } catch {
    // A cycle, a BigInt, or a toJSON that throws: exactly what is reported.
    return undefined;
  }
}

function partsOf(thrown: unknown): Partial<NothingDone> {
  if (typeof thrown !== 'object' || thrown === null) return { message: String(thrown) };
  const { muster, message, retryAfterMs } = thrown as Partial<NothingDone>;
  return {
    muster,
    message: typeof message === 'string' ? message : undefined,
    retryAfterMs: Number.isFinite(retryAfterMs) ? Math.ceil(retryAfterMs!) : undefined,
  };
}
