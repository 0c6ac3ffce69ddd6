import type { ModelAnswer, ModelRequest } from './model';

/** One call's time, kept by the caller: `signal` ends the call, `expired` says whether by the clock or by somebody. */
export interface ModelTime {
  readonly signal: AbortSignal;
  readonly expired: boolean;
}

/** Why there is no answer although the request may have left. */
export type ModelSilence = 'timeout' | 'aborted' | 'reset' | 'body-unreadable' | 'too-large';

/**
 * What came of one call of a model. Whatever the outside does is a value here, never an exception.
 *
 * - `said`: the model answered, however well.
 * - `status`: a complete HTTP answer other than a 2xx; redirects are not followed.
 * - `not-sent`: no byte of the request left. Worth another try.
 * - `rejected`: nothing was sent, for good: no such model, no key, a request that no provider takes.
 * - `no-answer`: the request may have left; whether a model worked on it nobody knows.
 */
export type ModelResult =
  | { readonly kind: 'said'; readonly answer: ModelAnswer }
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers: Readonly<Partial<Record<'content-type' | 'date' | 'retry-after', string>>>;
      readonly body: Buffer;
    }
  | { readonly kind: 'not-sent'; readonly code: string; readonly message: string }
  | { readonly kind: 'rejected'; readonly code: string; readonly message: string }
  | { readonly kind: 'no-answer'; readonly code: ModelSilence; readonly message: string };

/** Everything but an answer. */
export type ModelFailure = Exclude<ModelResult, { kind: 'said' }>;

/** A model that can be called. Sends at most once: whoever calls decides about another try. */
export interface Model {
  call(request: ModelRequest, time: ModelTime): Promise<ModelResult>;
}

/** The call was stopped while none of its bytes had left. */
export const stoppedBeforeSend = ({ expired }: ModelTime): ModelFailure =>
  expired
    ? { kind: 'not-sent', code: 'timeout_before_send', message: 'The time was up before the request could be sent.' }
    : { kind: 'not-sent', code: 'aborted_before_send', message: 'The call was aborted before the request was sent.' };

/** The call was stopped after bytes may have left. */
export const stoppedAfterSend = ({ expired }: ModelTime): ModelFailure =>
  expired
    ? { kind: 'no-answer', code: 'timeout', message: 'The time was up before the answer was complete.' }
    : { kind: 'no-answer', code: 'aborted', message: 'The call was aborted before the answer was complete.' };
