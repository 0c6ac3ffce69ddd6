/** What a service tells the supervisor that started it, over IPC. */
export type ParentMessage =
  /** It can take work. */
  | { readonly type: 'ready'; readonly service: string; readonly url: string }
  /** It sends under this worker id from now on; a report of its end must name it. */
  | { readonly type: 'worker'; readonly id: string };

/** What the supervisor tells a child that waits. */
export type ChildMessage = { readonly type: 'begin' };

/** Set by a supervisor for its children: other parents, such as a test runner's, do not expect our messages. */
export const SUPERVISED_VARIABLE = 'MUSTER_SUPERVISED';

export function tellParent(message: ParentMessage): void {
  if (process.env[SUPERVISED_VARIABLE] && process.connected) process.send?.(message);
}

/** Set by a supervisor for a child that is to wait: loading its code is most of a service's start. */
export const STANDBY_VARIABLE = 'MUSTER_STANDBY';

export const isStandby = (): boolean => Boolean(process.env[STANDBY_VARIABLE]);

/** Resolves when this process is to begin: at once, unless it was started to stand by for another one. */
export async function untilWanted(): Promise<void> {
  if (!isStandby()) return;
  await new Promise<void>((resolve) => {
    const leave = (): never => process.exit(0);
    // Without its parent nobody will ever want it; it holds nothing that would have to be closed.
    if (!process.connected) leave();
    process.once('disconnect', leave);
    process.once('message', () => {
      process.off('disconnect', leave);
      resolve();
    });
  });
}
