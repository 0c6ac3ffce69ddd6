/** What a service tells the supervisor that started it, over IPC. */
export type ParentMessage =
  /** It can take work. */
  | { readonly type: 'ready'; readonly service: string; readonly url: string }
  /** It sends under this worker id from now on; a report of its end must name it. */
  | { readonly type: 'worker'; readonly id: string };

/** Set by a supervisor for its children: other parents, such as a test runner's, do not expect our messages. */
export const SUPERVISED_VARIABLE = 'MUSTER_SUPERVISED';

export function tellParent(message: ParentMessage): void {
  if (process.env[SUPERVISED_VARIABLE] && process.connected) process.send?.(message);
}
