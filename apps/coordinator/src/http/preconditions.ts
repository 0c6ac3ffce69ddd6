import { LIMITS } from '@muster/domain';
import { HttpProblem } from './problems/problem';

export const etagOf = (revision: number): string => `"${revision}"`;

/** The revision that If-Match names; undefined where any will do. */
export function expectedRevision(ifMatch: string | undefined): number | undefined {
  if (ifMatch === undefined || ifMatch.trim() === '*') return undefined;
  const [, revision] = /^(?:W\/)?"(\d{1,9})"$/.exec(ifMatch.trim()) ?? [];
  if (revision !== undefined) return Number(revision);
  throw new HttpProblem(
    412,
    'stale_revision',
    `If-Match is ${ifMatch.slice(0, 64)}; give one ETag as GET answered it.`,
  );
}

/** The Idempotency-Key header, where there is one. */
export function idempotencyKeyOf(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (header.length >= 1 && header.length <= LIMITS.REFERENCE_LENGTH_MAX) return header;
  const detail = `An Idempotency-Key has 1 to ${LIMITS.REFERENCE_LENGTH_MAX} characters.`;
  throw new HttpProblem(400, 'invalid_idempotency_key', detail);
}
