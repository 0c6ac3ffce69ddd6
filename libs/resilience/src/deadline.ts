/** The time a call may take is up. */
export class DeadlineExceeded extends Error {
  constructor(readonly timeoutMs: number) {
    super(`No end within ${timeoutMs} ms.`);
    this.name = 'DeadlineExceeded';
  }
}

/** One call's time: `signal` aborts when it is up, or when `cancel` does, with the reason of whichever came first. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** True when the time ran out before anybody cancelled. */
  readonly expired: boolean;
  /** Ends the watch and frees its timer and listener; without it each call would leak both until its timeout. */
  clear(): void;
}

/** Resolves when the call's time is up or it was cancelled; until then, and where neither happens, never. */
export function untilAborted({ signal }: Pick<Deadline, 'signal'>): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}

/** What setTimeout can count to: it fires at once for anything longer. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** Starts at once. `timeoutMs` below 1 has already expired. Each call gets its own, never one shared between calls. */
export function startDeadline(timeoutMs: number, cancel?: AbortSignal): Deadline {
  const controller = new AbortController();
  const expire = () => controller.abort(new DeadlineExceeded(timeoutMs));
  const stop = () => controller.abort(cancel?.reason);
  // Not unref'd: a process that is shutting down has to see its calls end.
  const timer = setTimeout(expire, Math.min(timeoutMs, TIMER_MS_MAX));
  cancel?.addEventListener('abort', stop, { once: true });
  const clear = () => {
    clearTimeout(timer);
    cancel?.removeEventListener('abort', stop);
  };
  controller.signal.addEventListener('abort', clear, { once: true });
  if (cancel?.aborted) stop();
  else if (timeoutMs < 1) expire();
  return {
    signal: controller.signal,
    get expired() {
      return controller.signal.reason instanceof DeadlineExceeded;
    },
    clear,
  };
}
