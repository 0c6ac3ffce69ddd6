import type { EffectClass } from '@muster/domain';
import type { SinkEffect, SinkLine, SinkRequest } from '../sink/effect-sink';
import type {
  DatabaseDump,
  EvidenceRecord,
  OperationRecord,
  SendingRecord,
  StepRecord,
  Submission,
  TaskRecord,
  Testimony,
} from './evidence';

const BYTES = 'hash of the bytes';

/** Testimony made up for a test: honest unless the test forges it. Each call of `done` tells of one task with one call. */
export class Forgery {
  readonly sink: SinkLine[] = [];
  readonly submissions: Submission[] = [];
  readonly tasks: TaskRecord[] = [];
  readonly steps: StepRecord[] = [];
  readonly operations: OperationRecord[] = [];
  readonly sendings: SendingRecord[] = [];
  readonly evidence: EvidenceRecord[] = [];
  private requests = 0;

  get testimony(): Testimony {
    const { tasks, steps, operations, sendings, evidence } = this;
    const database: DatabaseDump = { tasks, steps, operations, sendings, evidence };
    return { sink: this.sink, submissions: this.submissions, database };
  }

  /** A task of one call that went as it should: submitted, intended, sent once, done once. */
  done(name: string, effect: EffectClass = 'keyed', given: Partial<OperationRecord> = {}): this {
    this.submitted(name);
    this.tasks.push({ id: `task ${name}`, key: `key ${name}`, state: 'completed', attention: null });
    this.intended(name, effect, given);
    if (effect === 'transactional') return this;
    return this.seen(name, effect).happened(name, effect);
  }

  submitted(name: string, given: Partial<Submission> = {}): this {
    const answer = { kind: 'accepted', status: 202, taskId: `task ${name}` } as const;
    this.submissions.push({ key: `key ${name}`, bodyHash: `body ${name}`, answer, ...given });
    return this;
  }

  intended(name: string, effect: EffectClass, given: Partial<OperationRecord> = {}): this {
    const [id, taskId, stepId] = [`op ${name}`, `task ${name}`, `step ${name}`];
    this.steps.push({ id: stepId, taskId, key: 's', state: 'succeeded', operationId: id });
    const sent = { sendings: 1, requestHash: BYTES, state: 'succeeded', resolver: 'answer', code: 'ok' } as const;
    const artifacts = effect === 'transactional' ? 1 : 0;
    this.operations.push({ id, taskId, stepId, tool: 'pay', effect, ...sent, artifacts, ...given });
    return this;
  }

  seen(name: string, effect: SinkEffect, given: Partial<SinkRequest> = {}): this {
    const request = ++this.requests;
    const [task, step] = [`task ${name}`, `step ${name}`];
    const sent = { attempt: 1, task, step, bodyHash: BYTES, behaviour: 'ok', isRefused: false } as const;
    this.sink.push({ ...this.line(name), kind: 'request', request, effect, tool: 'pay', ...sent, ...given });
    return this;
  }

  happened(name: string, effect: SinkEffect, given: { isOwnFault?: boolean } = {}): this {
    this.sink.push({ ...this.line(name), kind: 'effect', request: this.requests, effect, tool: 'pay', ...given });
    return this;
  }

  /** Sending 1, kept when sending 2 was intended. */
  kept(name: string, given: Partial<SendingRecord> = {}): this {
    const sent = { sending: 1, requestHash: BYTES, outcome: 'unknown', code: null, late: false };
    this.sendings.push({ operationId: `op ${name}`, ...sent, ...given });
    return this;
  }

  proven(name: string, kind: 'probe' | 'resolution'): this {
    this.evidence.push({ operationId: `op ${name}`, kind, finding: 'absent' });
    return this;
  }

  /** Changes what was said last of a kind. */
  amend<K extends 'tasks' | 'steps' | 'operations'>(kind: K, changes: Partial<this[K][number]>): this {
    const all = this[kind] as object[];
    all[all.length - 1] = { ...all.at(-1), ...changes };
    return this;
  }

  private line(name: string) {
    return { seq: this.sink.length + 1, at: 0, operation: `op ${name}` };
  }
}
