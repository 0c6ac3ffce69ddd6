/** What the checker accuses a run of; each rule stands beside the function that applies it. */
export type Rule =
  | 'duplicate-effect'
  | 'blind-resend'
  | 'sending-sent-twice'
  | 'step-with-two-operations'
  | 'key-with-two-tasks'
  | 'key-with-two-bodies'
  | 'repeat-refused'
  | 'lost-submission'
  | 'never-ends'
  | 'lost-effect'
  | 'denied-effect'
  | 'unknown-operation'
  | 'unintended-sending'
  | 'other-tool'
  | 'believed-phantom'
  | 'different-bytes'
  | 'artifact-count'
  | 'too-little';

export interface Finding {
  readonly rule: Rule;
  /** The operation, step, task or key it is about. */
  readonly subject: string;
  readonly says: string;
}
