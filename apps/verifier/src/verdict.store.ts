import { counter, faultPoint } from '@muster/chassis';
import { newUuid } from '@muster/domain';
import { Database } from '@muster/persistence';
import { Injectable } from '@nestjs/common';
import { BOUNDS } from './bounds';
import { type Finding, summarise } from './checks/finding';
import { WRITE_STEP_VERDICTS, WRITE_TASK_VERDICTS } from './verdict.sql';

export interface StepVerdict {
  readonly stepId: string;
  readonly round: number;
  readonly findings: readonly Finding[];
}

export interface TaskVerdict {
  readonly taskId: string;
  readonly round: number;
  readonly findings: readonly Finding[];
  /** The values seen: when they were read, the values or their hashes, and what was held against them. */
  readonly seen: { readonly beganAt: string; readonly body: Buffer; readonly detail: string };
}

const verdicts = counter('muster_verdicts_total', 'Verdicts given, by what they are on and what they say.', [
  'subject',
  'code',
]);

/** Writes verdicts: the verifier's only word. */
@Injectable()
export class VerdictStore {
  constructor(private readonly database: Database) {}

  async addStepVerdicts(all: readonly StepVerdict[]): Promise<void> {
    if (all.length === 0) return;
    const steps = () => all.map((verdict) => verdict.stepId);
    faultPoint('verifier.before-verdict', steps);
    const short = all.map((verdict) => shortForm('step', verdict.findings));
    await this.database.query(WRITE_STEP_VERDICTS, [
      all.map(() => newUuid()),
      all.map((verdict) => verdict.stepId),
      all.map((verdict) => verdict.round),
      short.map((one) => one.passed),
      short.map((one) => one.code),
      short.map((one) => one.message),
      all.map((verdict) => JSON.stringify(verdict.findings.flatMap((finding) => finding.evidenceIds))),
      all.map((verdict) => JSON.stringify(verdict.findings)),
    ]);
    faultPoint('verifier.after-verdict', steps);
  }

  async addTaskVerdicts(all: readonly TaskVerdict[]): Promise<void> {
    if (all.length === 0) return;
    const tasks = () => all.map((verdict) => verdict.taskId);
    faultPoint('verifier.before-verdict', tasks);
    const short = all.map((verdict) => shortForm('task', verdict.findings));
    await this.database.query(WRITE_TASK_VERDICTS, [
      all.map(() => newUuid()),
      all.map((verdict) => verdict.taskId),
      all.map((verdict) => verdict.round),
      short.map((one) => one.passed),
      short.map((one) => one.code),
      short.map((one) => one.message),
      all.map((verdict) => JSON.stringify(verdict.findings)),
      all.map(() => newUuid()),
      all.map((verdict) => verdict.seen.beganAt),
      all.map((verdict) => verdict.seen.body),
      all.map((verdict) => verdict.seen.detail),
    ]);
    faultPoint('verifier.after-verdict', tasks);
  }
}

function shortForm(subject: 'step' | 'task', findings: readonly Finding[]): ReturnType<typeof summarise> {
  const { passed, code, message } = summarise(findings);
  verdicts.inc({ subject, code });
  // Postgres has no text with U+0000, and a tool may well have put one into what a finding quotes.
  return { passed, code, message: message.replaceAll('\u0000', '').slice(0, BOUNDS.MESSAGE_LENGTH_MAX) };
}
