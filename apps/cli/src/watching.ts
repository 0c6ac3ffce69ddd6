import { gather, hasEnded, type MusterClient, needsAttention, type Task } from '@muster/client';
import { EXIT, type ExitCode } from './exit-codes';
import { type Snapshot } from './render/task.view';

/** Looks closer together than this would only load the server: a person sees no difference. */
const LOOK_EVERY_MS = 120;

export async function lookAt(client: MusterClient, id: string, signal?: AbortSignal): Promise<Snapshot> {
  const task = await client.tasks.get(id, { signal });
  const [steps, operations] = await Promise.all([gather(client.tasks.steps(id)), gather(client.tasks.operations(id))]);
  return { task, steps, operations };
}

/**
 * A snapshot whenever the task's history grew, until it has ended. The history says *when* to look and the lists say
 * what is so: many events between two looks cost one look.
 */
export async function* snapshots(client: MusterClient, id: string, signal: AbortSignal): AsyncGenerator<Snapshot> {
  const news = new News();
  const stop = new AbortController();
  const listening = listen(client, id, news, AbortSignal.any([signal, stop.signal]));
  try {
    for (;;) {
      const lastLook = news.ended;
      const started = performance.now();
      const snapshot = await lookAt(client, id, signal);
      yield snapshot;
      if (lastLook || hasEnded(snapshot.task)) break;
      await news.next();
      await delay(LOOK_EVERY_MS - (performance.now() - started));
    }
  } finally {
    stop.abort();
  }
  const fault = await listening;
  if (fault !== undefined) throw fault;
}

/** Resolves with what ended the listening, if it was a fault: nobody waits for it while the looks go on. */
async function listen(client: MusterClient, id: string, news: News, signal: AbortSignal): Promise<unknown> {
  try {
    for await (const _event of client.tasks.events(id, { signal })) news.tell();
    return undefined;
  } catch (fault) {
    return signal.aborted ? undefined : fault;
  } finally {
    news.end();
  }
}

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));

/** One flag and one sleeper: says "something happened since you last asked". */
class News {
  ended = false;
  private fresh = false;
  private wake: () => void = () => undefined;

  tell(): void {
    this.fresh = true;
    this.wake();
  }

  end(): void {
    this.ended = true;
    this.tell();
  }

  async next(): Promise<void> {
    if (!this.fresh && !this.ended) await new Promise<void>((resolve) => (this.wake = resolve));
    this.fresh = false;
  }
}

/** How the shell hears of a task's end. */
export function exitCodeFor(task: Task): ExitCode {
  if (task.state === 'completed') return EXIT.ok;
  if (hasEnded(task)) return EXIT.problem;
  return needsAttention(task) ? EXIT.attention : EXIT.problem;
}
