import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { type AnswerHeaders, CLAIM_TOO_OLD, type ToolAnswer } from '@muster/ledger';
import type { Deadline } from '@muster/resilience';
import type { Dispatcher } from 'undici';
import { failureAfterSend, failureBeforeSend } from './http.failure';
import { TOOL_LIMITS } from './limits';
import { stoppedAfterSend, stoppedBeforeSend } from './not-sent';

type Headers = Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2];

/**
 * undici tells its handler everything but the socket, and only the socket knows when the connection is really closed. It
 * publishes the socket right after `onRequestStart`, in the same synchronous stretch: so the one being written is ours.
 */
let beingWritten: HttpExchange | undefined;
subscribe('undici:client:sendHeaders', (message) => {
  const exchange = beingWritten;
  beingWritten = undefined;
  exchange?.sentOver((message as { socket: Socket }).socket);
});

class BodyTooLarge extends Error {}

/** One request and what comes of it. Settles once: with a complete answer, or when the connection is closed. */
export class HttpExchange implements Dispatcher.DispatchHandler {
  readonly answer: Promise<ToolAnswer>;
  private settle: (answer: ToolAnswer) => void;
  private over = false;
  private controller?: Dispatcher.DispatchController;
  private socket?: Socket;
  private status = 0;
  private headers: AnswerHeaders = {};
  private readonly chunks: Buffer[] = [];
  private bytes = 0;

  constructor(
    private readonly deadline: Deadline,
    private readonly isTls: boolean,
    private readonly mayLeave: () => boolean,
  ) {
    this.answer = new Promise((resolve) => {
      this.settle = resolve;
    });
    if (deadline.signal.aborted) this.stop();
    else deadline.signal.addEventListener('abort', this.stop, { once: true });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // The connection may have taken its time. This is the last moment before the bytes are written.
    if (!this.mayLeave()) this.finish(CLAIM_TOO_OLD);
    // Reported as not sent, now or while it waited for a connection: so it must not be.
    if (this.over) controller.abort(new Error('Stopped before it was sent.'));
    else {
      this.controller = controller;
      beingWritten = this;
    }
  }

  sentOver(socket: Socket): void {
    this.socket = socket;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    if (status < 200) return;
    this.status = status;
    this.headers = pickHeaders(headers);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.bytes += chunk.length;
    if (this.bytes > TOOL_LIMITS.RESPONSE_BYTES_MAX) controller.abort(new BodyTooLarge());
    else this.chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.finish({
      kind: 'answered',
      status: this.status,
      headers: this.headers,
      body: Buffer.concat(this.chunks, this.bytes),
    });
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    if (this.controller) this.finishWhenClosed(this.failure(error));
    else this.finish(failureBeforeSend(error, this.isTls));
  }

  private readonly stop = (): void => {
    if (this.controller) this.controller.abort(this.deadline.signal.reason);
    else this.finish(stoppedBeforeSend(this.deadline));
  };

  private failure(error: Error): ToolAnswer {
    if (error instanceof BodyTooLarge) {
      return {
        kind: 'no-answer',
        code: 'too-large',
        message: `The body is larger than ${TOOL_LIMITS.RESPONSE_BYTES_MAX} bytes.`,
      };
    }
    return this.deadline.signal.aborted ? stoppedAfterSend(this.deadline) : failureAfterSend(error);
  }

  /** As long as the connection stands, its request may still take effect: the bulkhead place is held until then. */
  private finishWhenClosed(answer: ToolAnswer): void {
    if (this.socket && !this.socket.closed) {
      this.socket.once('close', () => this.finish(answer));
      this.socket.destroy();
    } else this.finish(answer);
  }

  private finish(answer: ToolAnswer): void {
    this.over = true;
    this.deadline.signal.removeEventListener('abort', this.stop);
    this.settle(answer);
  }
}

const KEPT_HEADERS = ['content-type', 'date', 'retry-after'] as const;

function pickHeaders(headers: Headers): AnswerHeaders {
  const kept = KEPT_HEADERS.map((name) => [name, [headers[name]].flat()[0]]).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept);
}
