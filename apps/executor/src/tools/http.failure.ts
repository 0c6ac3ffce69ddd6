import { connectionFailureOf } from '@muster/domain';
import type { ToolAnswer } from '@muster/ledger';
import { EgressDeniedFault } from '@muster/resilience';
import { errors } from 'undici';

/** What undici says of a response whose framing is wrong; one that is no HTTP at all has an error class of its own. */
const UNREADABLE_CODES = /^UND_ERR_(RES_CONTENT_LENGTH|HEADERS_OVERFLOW|RESPONSE)/;

/** The request was never begun to be written: nothing was done, for certain. */
export function failureBeforeSend(error: Error, isTls: boolean): ToolAnswer {
  if (error instanceof EgressDeniedFault) return { kind: 'rejected', code: 'egress_denied', message: error.message };
  const code = codeOf(error);
  if (code === 'UND_ERR_INVALID_ARG') return { kind: 'rejected', code: 'request_invalid', message: error.message };
  if (isTls && code === 'ECONNRESET') return { kind: 'not-sent', code: 'tls_failure', message: error.message };
  return { kind: 'not-sent', code: connectionFailureOf(code) ?? 'connect_failure', message: error.message || code };
}

/** Writing had begun. A kept connection that turns out to be dead belongs here too: its peer may have read the bytes. */
export function failureAfterSend(error: Error): ToolAnswer {
  const unreadable = error instanceof errors.HTTPParserError || UNREADABLE_CODES.test(codeOf(error));
  return { kind: 'no-answer', code: unreadable ? 'body-unreadable' : 'reset', message: error.message || codeOf(error) };
}

const codeOf = (error: NodeJS.ErrnoException): string => error.code ?? '';
