/** Above every id. */
export const LAST_UUID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** The least time-ordered id (UUIDv7) of a moment: its first 48 bits are milliseconds since 1970. */
export function uuidAt(ms: number): string {
  const hex = Math.max(0, Math.floor(ms)).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7000-8000-000000000000`;
}
