/** Bytes that a pure builtin wants kept; the ledger writes them in the statement that settles its operation. */
export interface ArtifactWrite {
  readonly name: string;
  readonly mediaType: string;
  readonly content: Buffer;
  /** SHA-256 of `content`, lower-case hex: its address. */
  readonly hash: string;
  /** In bytes. */
  readonly size: number;
}

/** The response headers that matter to a classification, by lower-case name. Others are dropped: they may carry secrets. */
export type AnswerHeaders = Readonly<Partial<Record<'content-type' | 'date' | 'retry-after', string>>>;

/** Why there is no answer although bytes may have left. */
export type NoAnswerCode = 'timeout' | 'aborted' | 'reset' | 'body-unreadable' | 'too-large' | 'threw';

/**
 * What came of one sending, as the tool's adapter saw it and before anybody judges it. Expected failures of the outside
 * are values here, never exceptions.
 *
 * - `answered`: a complete HTTP response, 2xx to 5xx, redirects included (they are not followed).
 * - `output`: a program that ended with 0, a builtin that succeeded, or what a function returned; `body` is JSON.
 * - `exited`: a program that ended otherwise; what it did before that nobody knows.
 * - `errored`: a tool that answered in words of its own that it failed; what it did before that nobody knows.
 * - `not-sent`: no byte of the request left (name not resolved, connection refused, TLS not agreed). Worth another try.
 * - `not-done`: the tool itself says that nothing was done. Worth another try, after `retryAfterMs` where it says so.
 * - `rejected`: no byte left or nothing was done, for good (egress denied, program not allowed, input a builtin refuses).
 * - `no-answer`: bytes may have left; what they did nobody knows.
 */
export type ToolAnswer =
  | { readonly kind: 'answered'; readonly status: number; readonly headers: AnswerHeaders; readonly body: Buffer }
  | { readonly kind: 'output'; readonly body: Buffer; readonly writes?: readonly ArtifactWrite[] }
  | {
      readonly kind: 'exited';
      readonly exitCode: number | null;
      readonly exitSignal: string | null;
      readonly message: string;
    }
  | { readonly kind: 'errored'; readonly code: string; readonly message: string; readonly body: Buffer }
  | { readonly kind: 'not-sent'; readonly code: string; readonly message: string }
  | { readonly kind: 'not-done'; readonly code: string; readonly message: string; readonly retryAfterMs?: number }
  | { readonly kind: 'rejected'; readonly code: string; readonly message: string }
  | { readonly kind: 'no-answer'; readonly code: NoAnswerCode; readonly message: string };
