import { type ProbeContract, showId } from '@muster/domain';

export interface ProbeRequest {
  readonly url: URL;
  readonly method: 'GET' | 'POST';
}

/** The question of a probe for one operation; undefined where the contract's URL is none. */
export function probeRequest(probe: ProbeContract, operationId: string): ProbeRequest | undefined {
  const url = URL.parse(probe.url.replaceAll('{operationId}', encodeURIComponent(showId('operation', operationId))));
  return url && /^https?:$/.test(url.protocol) ? { url, method: probe.method } : undefined;
}
