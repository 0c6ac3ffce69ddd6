import { buildConnector } from 'undici';
import type { Egress } from './egress';

/** Connects for undici, and only to where egress allows it. */
export function connectWithin(egress: Egress, timeoutMs: number): buildConnector.connector {
  const connect = buildConnector({ lookup: egress.lookup, timeout: timeoutMs, allowH2: false });
  return (options, callback) => {
    // net.connect makes no lookup for an address literal, so the check there would never see it.
    const refusal = egress.refusalOfLiteral(options.hostname);
    if (refusal) callback(refusal, null);
    else connect(options, callback);
  };
}
