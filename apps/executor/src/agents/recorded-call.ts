import type { JsonValue, ModelStepCall, RequestedCall } from '@muster/domain';

/** A call of the agent's own loop that has ended, as recorded. */
export interface RecordedCall {
  readonly key: string;
  readonly call: ModelStepCall | RequestedCall;
  readonly state: string;
  /** As shown: `op_…`; undefined where nothing was sent. */
  readonly operationId?: string;
  /** The recorded answer: of a model all of it, of an agent its final answer alone. */
  readonly answer?: JsonValue;
  readonly failure?: { readonly exitReason: string; readonly message: string };
}
