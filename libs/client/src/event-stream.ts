import { MusterProblem, MusterUnreachable } from './faults';
import { type Http, problemFrom } from './http';
import { CLIENT_LIMITS } from './limits';
import { pause } from './pause';
import { ServerSentEventParser } from './server-sent-events';
import { hasEnded, type Task, type TaskEvent } from './shapes';

export interface StreamOptions {
  /** Give the events after this number; 0, the default, begins with the first. */
  readonly after?: number;
  readonly signal?: AbortSignal;
}

/**
 * A task's history as it grows, each event once and in order, until the task has ended. A broken connection is taken up
 * again behind the last event seen (Last-Event-ID), so that the caller notices nothing but the delay.
 */
export async function* eventsOf(http: Http, taskId: string, options: StreamOptions = {}): AsyncGenerator<TaskEvent> {
  let seen = options.after ?? 0;
  for (let fruitless = 0; fruitless <= CLIENT_LIMITS.STREAM_RECONNECTS_MAX; fruitless++) {
    const before = seen;
    for await (const event of connection(http, taskId, seen, options.signal)) {
      if (event.seq <= seen) continue;
      seen = event.seq;
      yield event;
    }
    if (options.signal?.aborted) return;
    // A stream also closes when its server stops. Only one that brings nothing more for an ended task is complete.
    if (seen === before && (await ended(http, taskId))) return;
    if (seen > before) fruitless = 0;
    else await pause(Math.min(100 * 2 ** fruitless, CLIENT_LIMITS.STREAM_RECONNECT_MS_MAX), options.signal);
  }
  throw new MusterUnreachable(http.url, new Error('the event stream keeps breaking'));
}

async function ended(http: Http, taskId: string): Promise<boolean> {
  const task = await http.json<Task>(`/v1/tasks/${encodeURIComponent(taskId)}`, { repeatable: true });
  return hasEnded(task);
}

/** The events of one connection; it ends quietly when the connection does, and throws only what trying again cannot mend. */
async function* connection(
  http: Http,
  taskId: string,
  after: number,
  signal?: AbortSignal,
): AsyncGenerator<TaskEvent, void, undefined> {
  const silence = new SilenceAlarm(CLIENT_LIMITS.STREAM_SILENCE_MS);
  const either = signal ? AbortSignal.any([signal, silence.signal]) : silence.signal;
  try {
    const response = await http.send(`/v1/tasks/${encodeURIComponent(taskId)}/events`, {
      headers: { accept: 'text/event-stream', 'last-event-id': String(after) },
      signal: either,
    });
    if (!response.ok) throw problemFrom(response, await response.text());
    yield* parsedEvents(chunksOf(http, response), silence);
  } catch (fault) {
    if (!isBrokenConnection(fault, either)) throw fault;
  } finally {
    silence.stop();
  }
}

async function* parsedEvents(
  chunks: AsyncIterable<Uint8Array>,
  silence: SilenceAlarm,
): AsyncGenerator<TaskEvent, void, undefined> {
  const parser = new ServerSentEventParser();
  const decoder = new TextDecoder();
  for await (const chunk of chunks) {
    silence.heard();
    for (const event of parser.push(decoder.decode(chunk, { stream: true }))) yield JSON.parse(event.data) as TaskEvent;
  }
}

/** A body that breaks off is a connection that broke, whatever the runtime's fetch calls it. */
async function* chunksOf(http: Http, { body }: Response): AsyncGenerator<Uint8Array, void, undefined> {
  if (!body) return;
  try {
    for await (const chunk of body) yield chunk as Uint8Array;
  } catch (cause) {
    throw new MusterUnreachable(http.url, cause);
  }
}

const isBrokenConnection = (fault: unknown, signal: AbortSignal): boolean =>
  signal.aborted || fault instanceof MusterUnreachable || (fault instanceof MusterProblem && fault.retryable);

/** Aborts when nothing was heard for a while: a half-open connection would otherwise be waited on for ever. */
class SilenceAlarm {
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout;
  readonly signal = this.controller.signal;

  constructor(private readonly ms: number) {
    this.timer = this.start();
  }

  heard(): void {
    clearTimeout(this.timer);
    this.timer = this.start();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.controller.abort();
  }

  private start(): NodeJS.Timeout {
    return setTimeout(() => this.controller.abort(), this.ms);
  }
}
