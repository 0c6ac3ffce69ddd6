import { guardJson, isJsonObject, type JsonObject, LIMITS } from '@muster/domain';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { DOOR_LIMITS } from '../door.limits';
import { HttpProblem, invalidRequest } from '../problems/problem';

/**
 * The request's body: a JSON object, bounded in size and depth, without keys that reach for prototypes. Read here, behind
 * the guard, so that nobody without a key can make us read anything.
 */
export const JsonBody = createParamDecorator(
  (_: unknown, context: ExecutionContext): Promise<JsonObject> =>
    readJsonBody(context.switchToHttp().getRequest<Request>()),
);

/** As above; a request without a body counts as an empty object. */
export const OptionalJsonBody = createParamDecorator(
  async (_: unknown, context: ExecutionContext): Promise<JsonObject> => {
    const request = context.switchToHttp().getRequest<Request>();
    const isEmpty =
      request.get('content-length') === '0' || (!request.get('content-length') && !request.get('transfer-encoding'));
    return isEmpty ? {} : readJsonBody(request);
  },
);

async function readJsonBody(request: Request): Promise<JsonObject> {
  refuseOtherTypes(request);
  return toObject(textOf(await readBytes(request, LIMITS.REQUEST_BYTES_MAX)));
}

function refuseOtherTypes(request: Request): void {
  const [type = ''] = (request.get('content-type') ?? '').split(';');
  const encoding = request.get('content-encoding') ?? 'identity';
  if (/^application\/([\w.+-]+\+)?json$/i.test(type.trim()) && encoding === 'identity') return;
  const detail = 'Send JSON: Content-Type: application/json, without a Content-Encoding.';
  throw new HttpProblem(415, 'unsupported_media_type', detail, { headers: { 'accept-post': 'application/json' } });
}

async function readBytes(request: Request, most: number): Promise<Buffer> {
  if (Number(request.get('content-length') ?? 0) > most) throw await tooLarge(request, most);
  const chunks: Buffer[] = [];
  let size = 0;
  const slow = setTimeout(() => request.destroy(), DOOR_LIMITS.BODY_MS_MAX);
  try {
    // Not destroyed on the way out: the answer goes over the same connection.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      size += (chunk as Buffer).length;
      if (size > most) break;
      chunks.push(chunk as Buffer);
    }
  } catch {
    throw new HttpProblem(400, 'body_cut_off', 'The body did not come to its end.');
  } finally {
    clearTimeout(slow);
  }
  if (size > most) throw await tooLarge(request, most);
  return Buffer.concat(chunks, size);
}

// A sender that still writes would see its connection reset, not the answer. What is left of the body is thrown away,
// within bounds, and the connection is not used again.
async function tooLarge(request: Request, most: number): Promise<HttpProblem> {
  let drained = 0;
  const slow = setTimeout(() => request.destroy(), DOOR_LIMITS.BODY_MS_MAX);
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      drained += (chunk as Buffer).length;
      if (drained > DOOR_LIMITS.DRAINED_BYTES_MAX) break;
    }
  } catch {
    // The sender went away: there is nobody left to tell.
  }
  clearTimeout(slow);
  const detail = `A request may have ${most} bytes. Send large inputs in parts, or by reference.`;
  return new HttpProblem(413, 'request_too_large', detail, { headers: { connection: 'close' } });
}

function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw malformed('', 'invalid_utf8', 'The body is not UTF-8.');
  }
}

function toObject(text: string): JsonObject {
  const guarded = guardJson(text);
  if (!guarded.ok) throw malformed(guarded.pointer, guarded.code, guarded.message);
  if (!isJsonObject(guarded.value)) {
    throw invalidRequest([{ pointer: '', code: 'type', message: 'The body must be a JSON object.' }]);
  }
  return guarded.value;
}

const malformed = (pointer: string, code: string, message: string): HttpProblem =>
  new HttpProblem(400, code, message, { errors: [{ pointer, code, message }] });
