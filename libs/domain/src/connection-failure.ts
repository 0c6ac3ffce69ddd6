/** Error codes of Node and undici from before a connection stood. */
const NOT_CONNECTED: Readonly<Record<string, string>> = {
  ENOTFOUND: 'dns_failure',
  EAI_AGAIN: 'dns_failure',
  EAI_FAIL: 'dns_failure',
  EAI_NODATA: 'dns_failure',
  ECONNREFUSED: 'connection_refused',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  ETIMEDOUT: 'connect_timeout',
  UND_ERR_CONNECT_TIMEOUT: 'connect_timeout',
};
const TLS_CODES = /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|EPROTO)/;

/** What kept a connection from standing, by the error's code: then no byte of a request has left. Else undefined. */
export const connectionFailureOf = (code: string): string | undefined =>
  TLS_CODES.test(code) ? 'tls_failure' : NOT_CONNECTED[code];
