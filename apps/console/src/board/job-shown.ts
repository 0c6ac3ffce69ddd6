import { isJsonObject, type JsonValue } from '@muster/domain';
import { redact } from '../pages/redact';

/**
 * A job's data as the board may show it. Doorbells hold ids only; jobs of the intake hold other people's requests, of
 * which nothing but the envelope is shown.
 */
export function shownJob(message: JsonValue): JsonValue {
  if (!isJsonObject(message)) return redact(message);
  if (!('signature' in message) && !('idempotencyKey' in message)) return redact(message);
  const { id = null, source = null, time = null, keyId = null } = message;
  return { id, source, time, keyId, data: '(hidden)', signature: '(hidden)' };
}
