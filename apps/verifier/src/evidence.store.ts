import { faultPoint } from '@muster/chassis';
import type { JsonObject } from '@muster/domain';
import { Database, type NamedSql } from '@muster/persistence';
import { Injectable } from '@nestjs/common';

export interface EvidenceRow {
  readonly id: string;
  readonly tenantId: string;
  readonly taskId: string;
  readonly stepId: string;
  readonly operationId: string;
  readonly kind: 'probe' | 'read-back';
  /** As the database wrote it, to the microsecond. */
  readonly beganAt: string;
  readonly finding: 'happened' | 'absent' | 'inconclusive';
  readonly body?: Buffer;
  readonly detail: JsonObject;
}

// Both forms of one moment: exact for the row, in milliseconds for comparing.
const READ_CLOCK: NamedSql = {
  name: 'verifier.clock',
  text: `select moment::text as text, (extract(epoch from moment) * 1000)::float8 as ms from (select clock_timestamp() as moment) clock`,
};

/** Of a task that was removed after its end nobody says anything more. */
const ADD_EVIDENCE: NamedSql = {
  name: 'verifier.add-evidence',
  text: `
    insert into evidence (id, tenant_id, task_id, step_id, operation_id, kind, began_at, at, finding, body, detail)
    select $1::uuid, $2::text, t.id, $4::uuid, $5::uuid, $6::text, $7::timestamptz, clock_timestamp(), $8::text, $9::bytea, $10::text
    from task t where t.id = $3::uuid for key share
    on conflict (id) do nothing`,
};

/** Facts about operations that a probe brought to light; only ever added. */
@Injectable()
export class EvidenceStore {
  constructor(private readonly database: Database) {}

  async clock(): Promise<{ text: string; ms: number }> {
    const [now] = await this.database.query<{ text: string; ms: number }>(READ_CLOCK);
    return now!;
  }

  async add(row: EvidenceRow): Promise<void> {
    const { id, tenantId, taskId, stepId, operationId, kind, beganAt, finding, body, detail } = row;
    const values = [
      id,
      tenantId,
      taskId,
      stepId,
      operationId,
      kind,
      beganAt,
      finding,
      body ?? null,
      JSON.stringify(detail),
    ];
    faultPoint('verifier.before-evidence', () => [stepId]);
    await this.database.query(ADD_EVIDENCE, values);
    faultPoint('verifier.after-evidence', () => [stepId]);
  }
}
