import { Clock, counter, Log } from '@muster/chassis';
import type { IntakeLetterView } from '@muster/contracts';
import type { JsonObject } from '@muster/domain';
import { type Delivery, isSignedWith } from '@muster/messaging';
import { DatabaseUnavailable, isTransient } from '@muster/persistence';
import { Injectable } from '@nestjs/common';
import type { Caller } from '../http/access/caller';
import { HttpProblem } from '../http/problems/problem';
import { documentOf, problemOf } from '../http/problems/problem.document';
import { TaskIntake } from '../http/submission/task.intake';
import { DeadLetterStore } from './dead-letter.store';
import { type IntakeKey, IntakeKeyStore } from './intake-key.store';
import { type OpenedMessage, openMessage, refuseOtherTimes, type TaskMessage, taskMessageOf } from './opened-message';

/** A job as the queue brought it. */
export interface IntakeJob extends Delivery {
  readonly body: unknown;
}

/** Where the pointers of a body's problems begin. */
const TASKS_PATH = '/v1/tasks';

const taken = counter('muster_intake_total', 'Jobs of other systems, by what became of them.', ['result']);

/** Makes tasks of other systems' jobs by the way of HTTP, and letters of those that break its rules. */
@Injectable()
export class Intake {
  constructor(
    private readonly tasks: TaskIntake,
    private readonly keys: IntakeKeyStore,
    private readonly letters: DeadLetterStore,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /**
   * Resolves when the job is a task or a letter, by a commit. Rejects where trying again may help: always while the
   * database is away, and for what else passes until the last try.
   */
  async take(job: IntakeJob, isLastTry: boolean): Promise<void> {
    const opened = openMessage(job.body);
    const key = opened.ok ? await this.signerOf(opened.message) : undefined;
    try {
      await this.submit(job.name, opened, key);
      taken.inc({ result: 'accepted' });
    } catch (error) {
      if (error instanceof DatabaseUnavailable || (isPassing(error) && !isLastTry)) throw error;
      await this.refuse(job, opened, key, error);
    }
  }

  /** Makes a letter of a job that ended every process it met; what it asks for is not tried here. */
  async abandon(job: IntakeJob, reason: string): Promise<void> {
    const opened = openMessage(job.body);
    const key = opened.ok ? await this.signerOf(opened.message) : undefined;
    const detail = `The job was given up by its queue (${reason.slice(0, 256)}). Find out why, then redrive it.`;
    await this.refuse(job, opened, key, new HttpProblem(500, 'job_abandoned', detail, { retryable: true }));
  }

  /** A person's decision to submit a refused message all the same, past its time and its key's end; answers the task's id. */
  async redrive(caller: Caller, refusalId: string, { jobName, jobId, message }: IntakeLetterView): Promise<string> {
    try {
      const { data, idempotencyKey } = taskMessageOf(jobName, message as JsonObject);
      const { taskId } = await this.tasks.submit(caller, data, idempotencyKey);
      await this.letters.markRedriven(refusalId, taskId);
      return taskId;
    } catch (error) {
      const problem = problemOf(error);
      if (!isPassing(error)) await this.letters.refuseAgain(refusalId, documentOf(problem, TASKS_PATH, jobId));
      throw error;
    }
  }

  private async signerOf(message: JsonObject): Promise<IntakeKey | undefined> {
    const key = typeof message.keyId === 'string' ? await this.keys.find(message.keyId) : undefined;
    return key && isSignedWith(message, key.secret) ? key : undefined;
  }

  private async submit(name: string, opened: OpenedMessage, key: IntakeKey | undefined): Promise<void> {
    if (!opened.ok) throw opened.problem;
    if (!key) throw signatureInvalid();
    const message = taskMessageOf(name, opened.message);
    if (key.revokedAt) throw keyRevoked(key.revokedAt);
    refuseOtherTimes(message, this.clock.now());
    const caller = { keyId: key.id, tenantId: key.tenantId, scopes: ['tasks:write'] };
    await this.tasks.submit(caller, message.data, message.idempotencyKey);
  }

  private async refuse(
    job: IntakeJob,
    opened: OpenedMessage,
    key: IntakeKey | undefined,
    error: unknown,
  ): Promise<void> {
    if (opened.ok && key && (await this.isTask(job.name, opened.message, key.tenantId))) return;
    const problem = problemOf(error);
    const keyId = opened.ok && typeof opened.message.keyId === 'string' ? opened.message.keyId : undefined;
    const letter = { tenantId: key?.tenantId, keyId, jobId: job.id, jobName: job.name, text: opened.text };
    await this.letters.keep({ ...letter, problem: documentOf(problem, TASKS_PATH, job.id) });
    taken.inc({ result: key ? 'refused' : 'unsigned' });
    if (problem.status >= 500) this.log.error('intake.failed', { error, job: job.id, key: keyId });
    else this.log.warn('intake.refused', { code: problem.code, job: job.id, key: keyId });
  }

  // A job comes again when its process died between the commit and the acknowledgement. By then its deadline may have
  // passed, or a tool have gone: what is a task already is not refused.
  private async isTask(name: string, message: JsonObject, tenantId: string): Promise<boolean> {
    const sound = soundMessage(name, message);
    return sound !== undefined && (await this.letters.taskOf(tenantId, sound.idempotencyKey, sound.data)) !== undefined;
  }
}

function soundMessage(name: string, message: JsonObject): TaskMessage | undefined {
  try {
    return taskMessageOf(name, message);
  } catch {
    return undefined;
  }
}

// The same request may be taken in a moment.
const isPassing = (error: unknown): boolean => isTransient(error) || (error instanceof HttpProblem && error.retryable);

const signatureInvalid = (): HttpProblem =>
  new HttpProblem(
    401,
    'signature_invalid',
    'No key that is known here made this signature over this message. Sign the RFC 8785 form of all but `signature`.',
  );

const keyRevoked = (revokedAt: Date): HttpProblem =>
  new HttpProblem(
    403,
    'key_revoked',
    `The key was revoked at ${revokedAt.toISOString()}. Redrive the job if it was sent before that. Nothing was done.`,
  );
