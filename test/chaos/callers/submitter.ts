import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Task, TaskRequest } from '@muster/client';
import type { Submission } from '../../support/checker/evidence';

const TRY_TIMEOUT_MS = 15_000;
const PAUSE_MS = 100;

/** Somebody who submits over HTTP, and writes down every single try and what was answered. */
export class Submitter {
  readonly log: Submission[] = [];

  constructor(
    private readonly url: string,
    private readonly apiKey: string,
  ) {}

  /** Tries until there is an answer that says something about the submission; answers the task, or undefined if refused. */
  async submit(request: TaskRequest, key: string, signal: AbortSignal): Promise<string | undefined> {
    const body = JSON.stringify(request);
    const bodyHash = createHash('sha256').update(body).digest('hex');
    for (;;) {
      signal.throwIfAborted();
      const answer = await this.try(body, key);
      this.log.push({ key, bodyHash, answer });
      if (answer.kind === 'accepted') return answer.taskId;
      if (answer.kind === 'refused' && !isToBeTriedAgain(answer.status)) return undefined;
      await pause(PAUSE_MS);
    }
  }

  private async try(body: string, key: string): Promise<Submission['answer']> {
    try {
      const response = await fetch(`${this.url}/v1/tasks`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${this.apiKey}`,
          'content-type': 'application/json',
          'idempotency-key': key,
        },
        body,
        signal: AbortSignal.timeout(TRY_TIMEOUT_MS),
      });
      const answer = (await response.json()) as Partial<Task> & { code?: string };
      if (response.ok && answer.id) return { kind: 'accepted', status: response.status, taskId: plainId(answer.id) };
      return { kind: 'refused', status: response.status, code: answer.code ?? '' };
    } catch {
      return { kind: 'none' };
    }
  }
}

/** The first of two at the same time is still at work (409), or the database is away (503). */
const isToBeTriedAgain = (status: number): boolean => status === 409 || status >= 500;

/** The 32 hexadecimal digits of a shown id. */
export const plainId = (shown: string): string => shown.slice(shown.indexOf('_') + 1);
