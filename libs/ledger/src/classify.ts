import { assertNever, type JsonValue, type ResolvedContract } from '@muster/domain';
import { readJson } from './read-json';
import { RETRY_AFTER_MS_MAX, retryAfterMs } from './retry-after';
import type { NoAnswerCode, ToolAnswer } from './tool-answer';

/**
 * What one sending came to. `absent`: certainly not done, may be sent again. `failed`: rejected for good. `unknown`:
 * everything else. Neither the effect class nor other sendings are considered here: the ledger's statement does that.
 */
export interface Classification {
  readonly state: 'succeeded' | 'failed' | 'unknown' | 'absent';
  /** Lower-case with underscores: `http_422`, `timeout`, `connection_reset`, `exit_1`; `ok` for success. */
  readonly code: string;
  readonly message: string;
  /** The exact bytes that came back; null where none did. */
  readonly response: Buffer | null;
  /** Present exactly when succeeded. */
  readonly output?: JsonValue;
  /** How long the tool asks us to wait before the next sending. */
  readonly retryAfterMs?: number;
}

type Answered = Extract<ToolAnswer, { kind: 'answered' }>;
type NotDone = Extract<ToolAnswer, { kind: 'not-done' }>;
type Exited = Extract<ToolAnswer, { kind: 'exited' }>;

const NO_ANSWER_CODES: Readonly<Record<NoAnswerCode, string>> = {
  timeout: 'timeout',
  aborted: 'aborted',
  reset: 'connection_reset',
  'body-unreadable': 'body_unreadable',
  'too-large': 'body_too_large',
  threw: 'function_threw',
};
/** No Content and Reset Content: the statuses whose success has no body by definition (RFC 9110, 15.3.5 and 15.3.6). */
const BODILESS_STATUSES: readonly number[] = [204, 205];

/** Total and pure: no answer, whatever its bytes, makes it throw. `now` is read only where the tool sends no `Date`. */
export function classify(contract: ResolvedContract, answer: ToolAnswer, now: Date = new Date()): Classification {
  switch (answer.kind) {
    case 'answered':
      return classifyAnswered(contract, answer, now);
    case 'output':
      return readOutput(answer.body, 'The tool ended well');
    case 'exited':
      return { state: 'unknown', code: exitCode(answer), message: answer.message, response: null };
    case 'errored':
      return { state: 'unknown', code: answer.code, message: answer.message, response: answer.body };
    case 'not-sent':
      return { state: 'absent', code: answer.code, message: answer.message, response: null };
    case 'not-done':
      return notDone(answer);
    case 'rejected':
      return { state: 'failed', code: answer.code, message: answer.message, response: null };
    case 'no-answer':
      return { state: 'unknown', code: NO_ANSWER_CODES[answer.code], message: answer.message, response: null };
    default:
      return assertNever(answer);
  }
}

function classifyAnswered(contract: ResolvedContract, answer: Answered, now: Date): Classification {
  const { status, headers, body } = answer;
  if (status >= 200 && status <= 299) return succeed(answer);
  const code = `http_${status}`;
  if (contract.definite.rejected.includes(status)) {
    return { state: 'failed', code, message: `The tool answered ${status}: rejected for good.`, response: body };
  }
  const wait = retryAfterMs(headers['retry-after'], headers.date, now);
  const asked = wait === undefined ? {} : { retryAfterMs: wait };
  if (contract.definite.notDone.includes(status)) {
    return {
      state: 'absent',
      code,
      message: `The tool answered ${status}: nothing was done.`,
      response: body,
      ...asked,
    };
  }
  // A 5xx may come from a proxy after the effect, a 409 may mean "still in progress": an unlisted status proves nothing.
  const message = `The tool answered ${status}, which its contract does not list: the outcome is unknown.`;
  return { state: 'unknown', code, message, response: body, ...asked };
}

function succeed(answer: Answered): Classification {
  if (answer.body.length === 0 && BODILESS_STATUSES.includes(answer.status)) {
    return {
      state: 'succeeded',
      code: 'ok',
      message: `The tool answered ${answer.status}.`,
      response: answer.body,
      output: null,
    };
  }
  return readOutput(answer.body, `The tool answered ${answer.status}`);
}

function readOutput(body: Buffer, what: string): Classification {
  const reading = readJson(body);
  if (reading) return { state: 'succeeded', code: 'ok', message: `${what}.`, response: body, output: reading.value };
  // It very likely happened, but what came of it cannot be read: claiming either would be a guess.
  return {
    state: 'unknown',
    code: 'body_unreadable',
    message: `${what}, but its body is no readable JSON.`,
    response: body,
  };
}

function notDone({ code, message, retryAfterMs: wait }: NotDone): Classification {
  const asked = wait === undefined ? {} : { retryAfterMs: Math.min(Math.max(wait, 0), RETRY_AFTER_MS_MAX) };
  return { state: 'absent', code, message, response: null, ...asked };
}

const exitCode = (answer: Exited): string =>
  answer.exitCode === null ? `killed_${(answer.exitSignal ?? 'unseen').toLowerCase()}` : `exit_${answer.exitCode}`;
