import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import { QUEUES, TASK_SUBMIT } from '@muster/contracts';
import type { JsonObject } from '@muster/domain';
import { signatureOf } from '@muster/messaging';
import { type Job, Queue } from 'bullmq';
import request from 'supertest';
import { REDIS_URL_VARIABLE } from './start-services';
import { until } from './until';

/** Members to set before the signing; undefined leaves one out. */
export type Change = { readonly [name: string]: unknown };

/** Another system: it has a key, and adds jobs to the queue with plain BullMQ. */
export class IntakeProducer {
  private constructor(
    readonly queue: Queue,
    readonly prefix: string,
    readonly keyId: string,
    readonly secret: string,
  ) {}

  /** With a new key of the tenant that the API key belongs to; `server` is a server or its URL. */
  static async of(server: Server | string, apiKey: string): Promise<IntakeProducer> {
    const authorization = `Bearer ${apiKey}`;
    const made = await request(server).post('/v1/intake/keys').set({ authorization }).send({ label: 'test' });
    const { body } = await request(server).get('/v1/contracts').set({ authorization });
    const prefix = body.asyncapi.channels.intake['x-bullmq-prefix'] as string;
    const queue = new Queue(QUEUES.intake, { prefix, connection: { url: process.env[REDIS_URL_VARIABLE] } });
    return new IntakeProducer(queue, prefix, made.body.id, made.body.secret);
  }

  /** A signed message; under an idempotency key of its own unless said otherwise. */
  message(data: object, change: Change = {}): JsonObject {
    const message = {
      id: randomUUID(),
      source: 'test',
      time: new Date().toISOString(),
      idempotencyKey: randomUUID(),
      data,
      keyId: this.keyId,
      ...change,
    };
    const unsigned = JSON.parse(JSON.stringify(message)) as JsonObject;
    return { ...unsigned, signature: signatureOf(unsigned, this.secret) };
  }

  async add(message: unknown, { name = TASK_SUBMIT, jobId }: { name?: string; jobId?: string } = {}): Promise<Job> {
    return this.queue.add(name, message, { jobId });
  }

  /** Resolves when the queue has let the jobs go. */
  async isGone(...jobs: Job[]): Promise<void> {
    for (const job of jobs) {
      await until(async () => (await job.getState()) === 'unknown', { what: `job ${job.id} being acknowledged` });
    }
  }

  async close(): Promise<void> {
    await this.queue.close();
  }
}
