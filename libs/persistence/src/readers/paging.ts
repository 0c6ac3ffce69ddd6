import { Fault, type JsonValue } from '@muster/domain';

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor?: string;
}

/** Where a page begins and how long it is. A cursor is opaque to callers: the last row's place in the order. */
export interface PageRequest {
  readonly limit: number;
  readonly cursor?: string;
}

export class CursorInvalid extends Fault {
  readonly code = 'CURSOR_INVALID';
  readonly retryable = false;
  constructor() {
    super('The cursor is none that this list gave.', 'Begin again without one, or use nextCursor as it came.');
  }
}

type Place = readonly (string | number)[];

/** The place behind which a page begins; `shape` has a value of the right type for every part of it. */
export function placeOf<P extends Place>(cursor: string | undefined, shape: P): P | undefined {
  if (cursor === undefined) return undefined;
  const place = decoded(cursor);
  if (!Array.isArray(place) || place.length !== shape.length) throw new CursorInvalid();
  if (place.some((part, index) => !fits(part, shape[index]!))) throw new CursorInvalid();
  return place as unknown as P;
}

function decoded(cursor: string): JsonValue {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as JsonValue;
  } catch {
    throw new CursorInvalid();
  }
}

// A text that Postgres would refuse to read is as little ours as one of another type.
function fits(part: JsonValue | undefined, example: string | number): boolean {
  if (typeof example === 'number') return Number.isInteger(part) && Math.abs(part as number) < 2 ** 31;
  if (typeof part !== 'string') return false;
  if (UUID.test(example)) return UUID.test(part);
  if (TIMESTAMP.test(example)) return TIMESTAMP.test(part);
  return !part.includes('\u0000');
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const TIMESTAMP = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(\.\d{1,6})?[+-]\d{2}(:\d{2})?$/;

/** Examples for `placeOf`. */
export const ANY_UUID: string = '00000000-0000-0000-0000-000000000000';
export const ANY_TIMESTAMP: string = '2000-01-01 00:00:00+00';

/** A page from one row more than was asked for: the row too many says that there is another page. */
export function pageOf<R, T>(
  rows: readonly R[],
  limit: number,
  place: (row: R) => Place,
  view: (row: R) => T,
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  if (rows.length <= limit || last === undefined) return { items: shown.map(view) };
  return { items: shown.map(view), nextCursor: cursorOf(place(last)) };
}

/** The cursor that `placeOf` reads. */
export const cursorOf = (place: Place): string => Buffer.from(JSON.stringify(place)).toString('base64url');
