import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import { registry } from './metrics';

/** Resolves when the thing works; rejects with the reason why not. */
export type ReadinessCheck = () => Promise<void>;

const CHECK_MS_MAX = 2_000;

/** What has to work before this process should be given work. */
@Injectable()
export class Health {
  private readonly checks = new Map<string, ReadinessCheck>();
  private readonly leaving = new AbortController();

  add(name: string, check: ReadinessCheck): void {
    this.checks.set(name, check);
  }

  /** From now on the process is not ready, whatever its checks say: it is being shut down. */
  drain(): void {
    this.leaving.abort();
  }

  /** Aborted when the process is told to end. */
  get draining(): AbortSignal {
    return this.leaving.signal;
  }

  /** Every check with `ok` or its problem. */
  async readiness(): Promise<{ ready: boolean; checks: Record<string, string> }> {
    const results = await Promise.all(
      [...this.checks].map(async ([name, check]) => [name, await answer(check)] as const),
    );
    const checks = Object.fromEntries(this.draining.aborted ? [...results, ['process', 'is draining']] : results);
    return { ready: Object.values(checks).every((result) => result === 'ok'), checks };
  }
}

async function answer(check: ReadinessCheck): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`gave no answer in ${CHECK_MS_MAX} ms`), CHECK_MS_MAX);
  });
  const done = check().then(
    () => 'ok',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  return Promise.race([done, late]).finally(() => clearTimeout(timer));
}

type Next = () => void;

/** Answers /health/live, /health/ready and /metrics; everything else goes to `next`. Fits express and a plain server. */
export const healthRoutes =
  (health: Health) =>
  (request: IncomingMessage, response: ServerResponse, next: Next): void => {
    const path = request.url?.split('?')[0];
    const reads = request.method === 'GET' || request.method === 'HEAD';
    if (reads && path === '/health/live') sendJson(response, 200, { live: true });
    else if (reads && path === '/health/ready') void sendReadiness(response, health);
    else if (reads && path === '/metrics') void sendMetrics(response);
    else next();
  };

async function sendReadiness(response: ServerResponse, health: Health): Promise<void> {
  const body = await health.readiness();
  sendJson(response, body.ready ? 200 : 503, body);
}

async function sendMetrics(response: ServerResponse): Promise<void> {
  send(response, 200, registry.contentType, await registry.metrics());
}

const sendJson = (response: ServerResponse, status: number, body: unknown): void =>
  send(response, status, 'application/json', JSON.stringify(body));

function send(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
  response.end(text);
}
