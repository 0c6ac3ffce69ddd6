import { createHash } from 'node:crypto';
import { faultPoint } from '@muster/chassis';
import type { IntakeLetterView, IntakeRefusalView, ProblemDocument } from '@muster/contracts';
import { hashJson, type JsonObject, type JsonValue, newUuid, showId } from '@muster/domain';
import { ANY_UUID, Database, type Page, type PageRequest, pageOf, placeOf } from '@muster/persistence';
import { Injectable } from '@nestjs/common';
import { INTAKE_LIMITS } from './intake.limits';
import {
  DROP_UNSIGNED,
  FIND_LETTER,
  KEEP_LETTER,
  LETTER_PAGE,
  MARK_REDRIVEN,
  REFUSE_AGAIN,
  TASK_OF_REQUEST,
} from './intake.sql';

/** A refused job. Without a tenant it is nobody's: no key signed it. */
export interface DeadLetter {
  readonly tenantId?: string;
  /** As the message named it. */
  readonly keyId?: string;
  readonly jobId: string;
  readonly jobName: string;
  /** The message's JSON. */
  readonly text: string;
  readonly problem: ProblemDocument;
}

interface RefusalRow {
  readonly id: string;
  readonly key_id: string | null;
  readonly job_id: string;
  readonly job_name: string;
  readonly received_at: Date;
  readonly times: number;
  readonly problem: string;
  readonly redriven_at: Date | null;
  readonly task_id: string | null;
}
type LetterRow = RefusalRow & { readonly body: string };

const NAME_LENGTH_MAX = 255;

/** The only writer of refusals of the queue door. */
@Injectable()
export class DeadLetterStore {
  constructor(private readonly database: Database) {}

  async keep({ tenantId, keyId, jobId, jobName, text, problem }: DeadLetter): Promise<void> {
    const fingerprint = createHash('sha256').update(`${jobName}\n${text}`).digest();
    const body = tenantId === undefined ? storable(text, INTAKE_LIMITS.UNSIGNED_CHARS_KEPT_MAX) : text;
    const names = [keyId, jobId, jobName].map((name) => name && storable(name, NAME_LENGTH_MAX));
    faultPoint('coordinator.before-dead-letter', () => [jobId]);
    await this.database.query(KEEP_LETTER, [newUuid(), tenantId, ...names, fingerprint, body, JSON.stringify(problem)]);
    faultPoint('coordinator.after-dead-letter', () => [jobId]);
    if (tenantId === undefined) await this.database.query(DROP_UNSIGNED, [INTAKE_LIMITS.UNSIGNED_KEPT_MAX]);
  }

  async page(tenantId: string, { limit, cursor }: PageRequest): Promise<Page<IntakeRefusalView>> {
    const [before] = placeOf(cursor, [ANY_UUID]) ?? [null];
    const rows = await this.database.query<RefusalRow>(LETTER_PAGE, [tenantId, before, limit + 1]);
    return pageOf(rows, limit, (row) => [row.id], refusalOf);
  }

  async one(tenantId: string, id: string): Promise<IntakeLetterView | undefined> {
    const [row] = await this.database.query<LetterRow>(FIND_LETTER, [id, tenantId]);
    return row && { ...refusalOf(row), message: JSON.parse(row.body) as JsonValue };
  }

  async markRedriven(id: string, taskId: string): Promise<void> {
    await this.database.query(MARK_REDRIVEN, [id, taskId]);
  }

  async refuseAgain(id: string, problem: ProblemDocument): Promise<void> {
    await this.database.query(REFUSE_AGAIN, [id, JSON.stringify(problem)]);
  }

  /** The task that this very request made before, if it did. */
  async taskOf(tenantId: string, idempotencyKey: string, data: JsonObject): Promise<string | undefined> {
    const values = [tenantId, idempotencyKey, hashJson(data)];
    const [row] = await this.database.query<{ id: string }>(TASK_OF_REQUEST, values);
    return row?.id;
  }
}

// Postgres has no U+0000 in text, and UTF-8 no half of a surrogate pair.
const storable = (text: string, most: number): string => text.slice(0, most).replaceAll('\0', '').toWellFormed();

const refusalOf = (row: RefusalRow): IntakeRefusalView => ({
  id: showId('refusal', row.id),
  jobId: row.job_id,
  jobName: row.job_name,
  keyId: row.key_id ?? undefined,
  receivedAt: row.received_at.toISOString(),
  times: row.times,
  problem: JSON.parse(row.problem) as ProblemDocument,
  redrivenAt: row.redriven_at?.toISOString(),
  taskId: row.task_id === null ? undefined : showId('task', row.task_id),
});
