import type { StepRow } from '../../apps/coordinator/src/lifecycle/snapshot';
import { outputOf, type StoredOperation } from '../../apps/coordinator/src/lifecycle/testing/memory.ledger';
import { judgeReadBacks, type ReadBack } from '../../apps/verifier/src/checks/read-back';
import type { Message } from './bell';
import type { Actor } from './stage';
import type { World } from './world';

type Question = Extract<Message, { to: 'verifier' }>;
type Finding = ReadBack['finding'];

const READ_BACKS_PER_JOB = 6;

/**
 * A verifier's process: probes what nobody knows, gives verdicts. Its steps are modelled after apps/verifier; how
 * read-backs are judged is the product's own.
 */
export class SimVerifier implements Actor {
  isAlive = true;
  isPaused = false;

  constructor(
    private readonly world: World,
    readonly name: string,
  ) {}

  die(): void {
    this.isAlive = false;
    this.world.stage.say(this.name, () => 'dies');
  }

  take(question: Question): void {
    if ('operation' in question)
      this.load(
        'probe',
        () => this.operationToProbe(question.operation),
        (found) => this.probe(found),
      );
    else if ('task' in question)
      this.load(
        'task',
        () => this.taskToJudge(question.task),
        () => this.judgeTask(question.task.round),
      );
    else
      this.load(
        'step',
        () => this.stepToJudge(question.step),
        (step) => this.judgeStep(step, 0),
      );
  }

  private load<T>(what: string, read: () => T | undefined, found: (row: T) => void): void {
    const reply = (row: T | undefined) => (row === undefined ? undefined : found(row));
    this.world.statement(this, `load ${what}`, read, reply, () => undefined);
  }

  // Probes.

  private operationToProbe(id: string): StoredOperation | undefined {
    const operation = this.world.store.ledger.byId(id);
    const isOpen = operation?.state === 'sent' || operation?.state === 'unknown';
    return isOpen && this.world.store.contracts.get(operation.contractHash)!.probe ? operation : undefined;
  }

  private probe({ id, stepId }: StoredOperation): void {
    this.ask(id, (finding, beganAt) => {
      const { ledger } = this.world.store;
      const probe = {
        id: this.world.draws.uuid(),
        operationId: id,
        beganAt,
        finding,
        body: finding === 'happened' ? Buffer.from('1') : null,
      };
      const add = () => void ledger.probes.push(probe);
      this.world.statement(
        this,
        'evidence',
        add,
        () => this.tell([stepId]),
        () => undefined,
      );
    });
  }

  /** The clock is read before the question leaves; the tool answers by what is so when it hears it. */
  private ask(operationId: string, heard: (finding: Finding, beganAt: number) => void): void {
    const { stage, site } = this.world;
    this.world.statement(
      this,
      'clock',
      () => this.world.now,
      (beganAt) =>
        stage.soon(undefined, () => {
          const truth = site.effectsBy(operationId) > 0 ? 'happened' : 'absent';
          const finding = this.world.strikes('probeSilent') ? 'inconclusive' : truth;
          stage.say('tool', () => `is asked by ${this.name} whether it happened: ${finding}`);
          stage.soon(this, () => heard(finding, beganAt));
        }),
      () => undefined,
    );
  }

  // Verdicts.

  private stepToJudge({ id, epoch }: { id: string; epoch: number }): StepRow | undefined {
    const step = this.world.store.steps.get(id);
    if (step?.state !== 'verifying' || step.epoch !== epoch) return undefined;
    return this.world.store.ledger.byId(step.operationId)?.state === 'succeeded' ? step : undefined;
  }

  private judgeStep(step: StepRow, tries: number): void {
    const operation = this.world.store.ledger.byId(step.operationId)!;
    const { probe } = this.world.store.contracts.get(operation.contractHash)!;
    const isGood = outputOf(operation) !== 'bad' && (!this.isChecked(step) || outputOf(operation) !== 2);
    const isReadBack = probe !== undefined && operation.resolver !== 'probe' && operation.resolver !== 'person';
    if (!isGood || !isReadBack) return this.give(step.id, step.epoch, isGood);
    const answers = this.world.readBacks.get(operation.id) ?? [];
    const settled = { settledAt: operation.settledAt!, absentAfterMs: probe.absentAfterMs };
    const judgement = judgeReadBacks(answers, settled);
    if (judgement.kind === 'found') return this.give(step.id, step.epoch, judgement.finding.passed);
    if (tries >= READ_BACKS_PER_JOB) return;
    const next = () => this.readBack(step, operation.id, tries);
    if (tries > 0) this.world.stage.later(judgement.againInMs, this, next);
    else next();
  }

  /** What an agent calls is checked by its contract alone. */
  private isChecked({ planIndex, call }: StepRow): boolean {
    return call === null && this.world.store.plan.steps[planIndex]!.check !== undefined;
  }

  private readBack(step: StepRow, operationId: string, tries: number): void {
    this.ask(operationId, (finding, beganAt) => {
      const answers = this.world.readBacks.get(operationId) ?? [];
      this.world.readBacks.set(operationId, [...answers, { evidenceId: this.world.draws.uuid(), beganAt, finding }]);
      this.judgeStep(step, tries + 1);
    });
  }

  private taskToJudge({ round }: { round: number }): true | undefined {
    const { task } = this.world.store;
    return task.state === 'verifying' && task.planRevision === round ? true : undefined;
  }

  private judgeTask(round: number): void {
    this.give(null, round, !this.world.store.plan.completion.includes('false'));
  }

  private give(stepId: string | null, round: number, passed: boolean): void {
    const code = passed ? 'ok' : 'check_failed';
    const verdict = { id: this.world.draws.uuid(), stepId, round, passed, code, message: `It is ${code}.` };
    this.world.statement(
      this,
      'verdict',
      () => {
        const stands = this.world.store.judge(verdict);
        this.world.stage.say(
          'database',
          () =>
            `the verdict ${code} on ${stepId ? this.world.keyOf(stepId) : 'the task'} ${stands ? 'stands' : 'comes too late'}`,
        );
      },
      () => this.tell(stepId ? [stepId] : []),
      () => undefined,
    );
  }

  private tell(steps: readonly string[]): void {
    this.world.bell.ring({ to: 'coordinator', steps, task: steps.length === 0 });
  }
}
