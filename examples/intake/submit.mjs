// Adds a job to Muster's intake queue. The settings come from the environment: MUSTER_INTAKE_KEY_ID and
// MUSTER_INTAKE_SECRET as POST /v1/intake/keys answered them, REDIS_URL and QUEUE_PREFIX as the coordinators have them.
//
//   node examples/intake/submit.mjs <idempotency key> <file with the body of POST /v1/tasks>
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Queue } from 'bullmq';
import { signed } from './sign.mjs';

const { MUSTER_INTAKE_KEY_ID, MUSTER_INTAKE_SECRET, REDIS_URL, QUEUE_PREFIX = 'muster' } = process.env;
const [idempotencyKey, file] = process.argv.slice(2);
if (!MUSTER_INTAKE_KEY_ID || !MUSTER_INTAKE_SECRET || !REDIS_URL || !idempotencyKey || !file) {
  console.error('usage: node examples/intake/submit.mjs <idempotency key> <task.json>, with the settings above');
  process.exit(2);
}

const message = {
  id: randomUUID(),
  source: 'examples/intake',
  time: new Date().toISOString(),
  idempotencyKey,
  data: JSON.parse(readFileSync(file, 'utf8')),
  keyId: MUSTER_INTAKE_KEY_ID,
};
const queue = new Queue('muster-intake', { prefix: QUEUE_PREFIX, connection: { url: REDIS_URL } });
const job = await queue.add('task.submit.v1', signed(message, MUSTER_INTAKE_SECRET), {
  removeOnComplete: true,
});
await queue.close();
console.log(`job ${job.id}`);
