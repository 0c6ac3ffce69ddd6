import { type IdKind, isJsonObject, type JsonObject, type JsonValue, showId } from '@muster/domain';

export interface JobLink {
  readonly displayText: string;
  readonly href: string;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Where the task behind a job can be read about. A doorbell names steps, operations or tasks; the first one is taken. */
export function jobLink(message: JsonValue): JobLink | undefined {
  if (!isJsonObject(message)) return undefined;
  return (
    linkTo('task', '/tasks', message, 'tasks') ??
    linkTo('step', '/steps', message, 'steps') ??
    linkTo('operation', '/operations', message, 'operations')
  );
}

function linkTo(kind: IdKind, path: string, message: JsonObject, list: string): JobLink | undefined {
  const named = message[list];
  const first = Array.isArray(named) ? named[0] : undefined;
  const id = isJsonObject(first ?? null) ? (first as JsonObject).id : first;
  if (typeof id !== 'string' || !UUID.test(id)) return undefined;
  return { displayText: `The task of this ${kind === 'task' ? 'job' : kind}`, href: `${path}/${showId(kind, id)}` };
}
