import { IntakeMessage, shapeProblems, TASK_SUBMIT } from '@muster/contracts';
import { guardJson, isJsonObject, type JsonObject, LIMITS, type Problem } from '@muster/domain';
import { HttpProblem, invalidRequest } from '../http/problems/problem';
import { INTAKE_LIMITS } from './intake.limits';

/** A job's message as far as it can be read. `text` is its JSON, or the beginning of it where it is refused for its size. */
export type OpenedMessage =
  | { readonly ok: true; readonly text: string; readonly message: JsonObject }
  | { readonly ok: false; readonly text: string; readonly problem: HttpProblem };

/** Reads what a queue brought by the rules for the bodies of requests. Pure. */
export function openMessage(body: unknown): OpenedMessage {
  const text = jsonOf(body);
  if (Buffer.byteLength(text) > LIMITS.REQUEST_BYTES_MAX) {
    const detail = `A message may have ${LIMITS.REQUEST_BYTES_MAX} bytes. Send large inputs in parts, or by reference.`;
    return { ok: false, text, problem: new HttpProblem(413, 'request_too_large', detail) };
  }
  const guarded = guardJson(text);
  if (!guarded.ok) {
    const { code, pointer, message } = guarded;
    return { ok: false, text, problem: new HttpProblem(400, code, message, { errors: [{ pointer, code, message }] }) };
  }
  if (isJsonObject(guarded.value)) return { ok: true, text, message: guarded.value };
  const problem = invalidRequest([{ pointer: '', code: 'type', message: 'The message must be a JSON object.' }]);
  return { ok: false, text, problem };
}

// Nested too deep to be written down; the guard that reads the text then says that it is no JSON.
function jsonOf(body: unknown): string {
  try {
    return JSON.stringify(body) ?? '';
  } catch {
    return '';
  }
}

/** A message of the right shape; its body is held to the rules of tasks elsewhere. */
export interface TaskMessage {
  readonly idempotencyKey: string;
  readonly time: string;
  readonly data: JsonObject;
}

/** The message, if it is what its job's name says. Throws the problem that it is not. Pure. */
export function taskMessageOf(name: string, message: JsonObject): TaskMessage {
  if (name !== TASK_SUBMIT) {
    const detail = `A job of this queue is named '${TASK_SUBMIT}', not '${name.slice(0, 128)}'. Nothing was done.`;
    throw new HttpProblem(422, 'unknown_message', detail);
  }
  // The body is looked through by the rules of tasks, which point into it and not into the message.
  const problems = shapeProblems(IntakeMessage, isJsonObject(message.data) ? { ...message, data: {} } : message);
  if (problems.length > 0) throw invalidRequest(problems);
  return message as unknown as TaskMessage;
}

/** Throws where the message was signed too long ago, or by a clock that is ahead. Pure. */
export function refuseOtherTimes({ time }: TaskMessage, now: Date): void {
  const ageMs = now.getTime() - Date.parse(time);
  if (ageMs > INTAKE_LIMITS.MESSAGE_AGE_MS_MAX) {
    throw atTime('message_expired', `The message was signed at ${time}, more than a day ago.`);
  }
  if (ageMs < -INTAKE_LIMITS.CLOCK_AHEAD_MS_MAX) {
    throw atTime('message_early', `The message was signed at ${time}, which has not come yet.`);
  }
}

function atTime(code: string, message: string): HttpProblem {
  const errors: Problem[] = [{ pointer: '/time', code, message }];
  return new HttpProblem(422, code, `${message} Redrive it if it still counts. Nothing was done.`, { errors });
}
