/** A tool that asks for more is asked again after this long: a wrong header must not put a step to sleep for a year. */
export const RETRY_AFTER_MS_MAX = 60 * 60 * 1000;

/**
 * The milliseconds a tool asks us to wait: seconds or an HTTP date (RFC 9110, 10.2.3); undefined where it says nothing
 * readable. A date is measured against the response's own `Date`, so that a wrong clock here changes nothing.
 */
export function retryAfterMs(retryAfter: string | undefined, date: string | undefined, now: Date): number | undefined {
  const asked = retryAfter?.trim() ?? '';
  if (/^\d+$/.test(asked)) return Math.min(Number(asked) * 1000, RETRY_AFTER_MS_MAX);
  const until = httpDate(asked);
  if (until === undefined) return undefined;
  const since = httpDate(date ?? '') ?? now.getTime();
  return Math.min(Math.max(until - since, 0), RETRY_AFTER_MS_MAX);
}

function httpDate(text: string): number | undefined {
  if (!/^[A-Za-z]{3,9}, .* GMT$/.test(text)) return undefined;
  const parsed = Date.parse(text);
  return Number.isNaN(parsed) ? undefined : parsed;
}
