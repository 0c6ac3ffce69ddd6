import { type JsonValue, resolveContract, type ToolContract, type Transport } from '@muster/domain';
import type { ToolCall } from '../tool';

interface CallOverrides extends Partial<Omit<ToolCall, 'contract' | 'request'>> {
  readonly contract?: Partial<ToolContract>;
  readonly input?: JsonValue;
}

/** For tests: a call over the transport, in which only what matters has to be named. */
export function aCall(transport: Transport, { contract, input = {}, ...over }: CallOverrides = {}): ToolCall {
  const timeoutMs = over.timeoutMs ?? 20_000;
  const full: ToolContract = {
    name: 'a.tool',
    version: '1',
    description: 'A tool of a test.',
    transport,
    input: {},
    output: {},
    effect: 'keyed',
    ...contract,
  };
  return {
    contract: resolveContract(full, 'a'.repeat(64)),
    tenantId: 'tenant',
    operationId: `op_${'1'.repeat(32)}`,
    taskId: `tsk_${'2'.repeat(32)}`,
    stepId: `stp_${'3'.repeat(32)}`,
    attempt: 1,
    request: Buffer.from(JSON.stringify(input)),
    deadline: new Date(Date.now() + timeoutMs),
    timeoutMs,
    signal: new AbortController().signal,
    traceparent: `00-${'4'.repeat(32)}-${'5'.repeat(16)}-01`,
    mayLeave: () => true,
    holdUntil: () => undefined,
    ...over,
  };
}
