import { randomUUID } from 'node:crypto';
import { type ClientRequest, request } from 'node:http';
import type { TaskRequest } from '@muster/client';

/** What a client may be told, by its own machine or the other one, that asks where nobody listens any more. */
const NOBODY = ['ECONNREFUSED', 'ECONNRESET'];

/** One coordinator as clients find it; its process comes and goes. */
export interface Door {
  url: string;
  /** Its process was told to end, and the next one is not there yet. */
  isDown: boolean;
  /** How often it went away. */
  restarts: number;
}

/** Several coordinators behind one name: a client that finds nobody at one of them goes to the next. */
export class Doors {
  private turn = 0;

  constructor(
    private readonly key: string,
    private readonly doors: readonly Door[],
  ) {}

  /** Answers the id of the task. Rejects where a door that is not down has nobody, or any of them does not accept. */
  async submit(task: TaskRequest): Promise<string> {
    const idempotencyKey = randomUUID();
    const first = this.turn++;
    for (let tries = 0; tries < this.doors.length; tries++) {
      const door = this.doors[(first + tries) % this.doors.length]!;
      const before = { ...door };
      try {
        return await accepted(await this.post(door, task, idempotencyKey));
      } catch (error) {
        const wasAway = before.isDown || door.isDown || door.restarts > before.restarts;
        if (!wasAway || !NOBODY.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      }
    }
    throw new Error('Nobody listened behind any of the doors.');
  }

  /** On a connection of its own: one that is kept may be closed in the moment in which it is used. */
  private post({ url }: Door, task: TaskRequest, idempotencyKey: string): ClientRequest {
    const headers = {
      authorization: `Bearer ${this.key}`,
      'content-type': 'application/json',
      'idempotency-key': idempotencyKey,
    };
    return request(`${url}/v1/tasks`, { method: 'POST', agent: false, headers }).end(JSON.stringify(task));
  }
}

async function accepted(asked: ClientRequest): Promise<string> {
  const text = await new Promise<string>((resolve, reject) => {
    asked.once('error', reject);
    asked.once('response', async (response) => {
      const parts = await response.toArray().catch(reject);
      if (parts) resolve(`${response.statusCode} ${Buffer.concat(parts)}`);
    });
  });
  const { id } = text.startsWith('2') ? (JSON.parse(text.slice(4)) as { id?: string }) : {};
  if (!id) throw new Error(`A submission was answered ${text}`);
  return id;
}
