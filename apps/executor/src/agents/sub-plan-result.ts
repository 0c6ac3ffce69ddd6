import type { JsonObject, JsonValue } from '@muster/domain';
import type { RecordedCall } from './recorded-call';

/** What a model is told of one call. */
export interface CallResult {
  readonly content: JsonValue;
  readonly isError: boolean;
}

/** The calls of a loop by what they answer: those of one sub-plan together, every other by itself. */
export function requestsOf(calls: readonly RecordedCall[]): RecordedCall[][] {
  const requests: RecordedCall[][] = [];
  for (const call of calls) {
    const last = requests.at(-1);
    if (last && isSameRequest(last[0]!, call)) last.push(call);
    else requests.push([call]);
  }
  return requests;
}

const isSameRequest = (a: RecordedCall, b: RecordedCall): boolean =>
  a.call.round === b.call.round && requestOf(a) !== undefined && requestOf(a) === requestOf(b);

const requestOf = ({ call }: RecordedCall): number | undefined =>
  call.kind === 'model' ? undefined : call.subPlan?.request;

/** One answer to a plan: each of its steps, by its id, with what it came to. */
export function subPlanResult(calls: readonly RecordedCall[], results: readonly CallResult[]): CallResult {
  const steps = calls.map((call, n) => [idOf(call), { status: call.state, ...shown(call, results[n]!) }]);
  return { content: { steps: Object.fromEntries(steps) as JsonObject }, isError: results.some((one) => one.isError) };
}

const idOf = ({ call }: RecordedCall): string => (call.kind === 'model' ? '' : (call.subPlan?.id ?? ''));

const shown = ({ state }: RecordedCall, { content }: CallResult): JsonObject =>
  state === 'succeeded' ? { output: content } : (content as JsonObject);
