import { type HttpTransport, isJsonObject, type JsonValue } from '@muster/domain';
import { readJson, type ToolAnswer } from '@muster/ledger';
import type { Dispatcher } from 'undici';
import type { ToolCall } from './tool';

type Rejected = Extract<ToolAnswer, { kind: 'rejected' }>;

/** What goes over the wire, or why nothing may. */
export type HttpRequest =
  | { readonly kind: 'request'; readonly options: Dispatcher.DispatchOptions & { readonly origin: string } }
  | Rejected;

/** Names that are ours: a contract that set them could break the framing, or the promise about duplicates. */
const OUR_HEADERS: readonly string[] = [
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'expect',
  'upgrade',
  'keep-alive',
];

/** Pure. The body is exactly `call.request`; a GET has none and carries the input's members as query parameters. */
export function buildHttpRequest(call: ToolCall, transport: HttpTransport): HttpRequest {
  const url = URL.parse(transport.url);
  if (!url || !/^https?:$/.test(url.protocol))
    return rejected('url_invalid', 'The contract’s URL is no http or https URL.');
  const hasBody = transport.method !== 'GET';
  if (!hasBody && !addQuery(url, call.request)) {
    return rejected('input_not_scalar', 'A GET tool takes an object whose members are scalars or lists of scalars.');
  }
  const options = {
    origin: url.origin,
    path: url.pathname + url.search,
    method: transport.method,
    headers: {
      ...contractHeaders(transport),
      ...callHeaders(call),
      ...(hasBody ? { 'content-type': 'application/json' } : {}),
    },
    body: hasBody ? call.request : null,
  };
  return { kind: 'request', options };
}

function contractHeaders(transport: HttpTransport): Record<string, string> {
  const named = Object.entries(transport.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value] as const);
  return { accept: 'application/json', ...Object.fromEntries(named.filter(([name]) => !OUR_HEADERS.includes(name))) };
}

/** In lower case, as the contract's are by now: spread later, so that the contract cannot replace them. */
const callHeaders = (call: ToolCall): Record<string, string> => ({
  'idempotency-key': call.operationId,
  'muster-task': call.taskId,
  'muster-step': call.stepId,
  'muster-attempt': String(call.attempt),
  'muster-deadline': call.deadline.toISOString(),
  traceparent: call.traceparent,
});

/** A list becomes a repeated parameter, null is left out; false where something has no place in a query. */
function addQuery(url: URL, request: Buffer): boolean {
  const input = readJson(request)?.value;
  if (!isJsonObject(input)) return input === null;
  return Object.entries(input).every(([name, value]) => {
    const values = Array.isArray(value) ? value : [value];
    if (!values.every(isScalar)) return false;
    for (const one of values) if (one !== null) url.searchParams.append(name, String(one));
    return true;
  });
}

const isScalar = (value: JsonValue): value is string | number | boolean | null =>
  typeof value !== 'object' || value === null;

const rejected = (code: string, message: string): Rejected => ({ kind: 'rejected', code, message });
