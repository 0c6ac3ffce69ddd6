import { createHash } from 'node:crypto';
import { v7 } from 'uuid';

/** Inside, ids are plain UUIDs; outside they carry a prefix that says what they name. */
export const ID_PREFIXES = {
  task: 'tsk_',
  step: 'stp_',
  operation: 'op_',
  event: 'evt_',
  permit: 'prm_',
  worker: 'wrk_',
  verdict: 'vrd_',
  evidence: 'evd_',
  key: 'key_',
  intakeKey: 'ink_',
  refusal: 'ref_',
} as const;
export type IdKind = keyof typeof ID_PREFIXES;

/** Time-ordered (UUIDv7), so that newest-first lists page by primary key. */
export const newUuid = (): string => v7();

/** `tsk_` and 32 hex digits. */
export const showId = (kind: IdKind, uuid: string): string => ID_PREFIXES[kind] + uuid.replaceAll('-', '');

/** The UUID behind a shown id; undefined where the text is no such id. */
export function parseId(kind: IdKind, shown: string): string | undefined {
  const prefix = ID_PREFIXES[kind];
  if (!shown.startsWith(prefix)) return undefined;
  const hex = shown.slice(prefix.length);
  return /^[0-9a-f]{32}$/.test(hex) ? hexToUuid(hex) : undefined;
}

/**
 * The id of an operation: derived, so that a retry, a restart, a redelivery and a re-plan all arrive at the same one.
 * `planRevision` is the revision that introduced the step; `call` counts the calls inside an agent step from 0.
 */
export function operationId(taskId: string, stepKey: string, planRevision: number, call = 0): string {
  const digest = createHash('sha256').update(`${taskId}\n${planRevision}\n${call}\n${stepKey}`).digest('hex');
  return hexToUuid(asVersion8(digest));
}

/** UUIDv8 is the version for ids that are made by a rule of one's own: 122 bits of the digest, and the marks of RFC 9562. */
function asVersion8(digest: string): string {
  const variant = ((Number.parseInt(digest[16]!, 16) & 0x3) | 0x8).toString(16);
  return `${digest.slice(0, 12)}8${digest.slice(13, 16)}${variant}${digest.slice(17, 32)}`;
}

function hexToUuid(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
