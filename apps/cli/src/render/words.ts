/** `1 task`, `3 tasks`. */
export const count = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;

/** A duration as people say it: `340 ms`, `4.2 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} min ${Math.round((ms % 60_000) / 1000)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

const BYTE_UNITS = ['kB', 'MB', 'GB', 'TB'];

/** A size as people say it: `340 bytes`, `4.2 kB`, `1.3 GB`. */
export function size(bytes: number): string {
  if (bytes < 1000) return count(bytes, 'byte');
  const power = Math.min(BYTE_UNITS.length, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1000 ** power).toFixed(1)} ${BYTE_UNITS[power - 1]}`;
}

/** `12 s ago`; empty where the time is missing or unreadable. */
export function ago(at: string | null | undefined, now: number): string {
  const ms = at ? now - Date.parse(at) : Number.NaN;
  if (Number.isNaN(ms)) return '';
  const seconds = Math.max(0, Math.round(ms / 1000));
  return seconds < 60 ? `${seconds} s ago` : `${duration(seconds * 1000)} ago`;
}

/** A list for a sentence: `a`, `a and b`, `a, b and c`. */
export function listed(words: readonly string[]): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
