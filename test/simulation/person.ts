import { sha256Hex } from '@muster/domain';
import type { Input, Reply } from '../../apps/coordinator/src/lifecycle/decision';
import type { StepRow } from '../../apps/coordinator/src/lifecycle/snapshot';
import type { SimCoordinator } from './coordinator';
import type { Oracle } from './oracle';
import { drawRevision } from './plans';
import type { World } from './world';

const DENIED = 0.15;
const PERMIT_MS = [1, 60_000, 600_000] as const;

/** The permit that a parked step waits for. */
const permitOf = ({ condition }: StepRow): string | undefined =>
  condition.kind === 'person' ? condition.permit : undefined;

/**
 * Somebody who gives permits, resolves what is parked, by looking into the tool's own books, and who may cancel. Told nothing, this
 * person asks the same again, perhaps of another coordinator.
 */
export class Person {
  /** A word that was sent and not answered. */
  private unanswered: Input | undefined;

  constructor(
    private readonly world: World,
    private readonly oracle: Oracle,
  ) {}

  /** Says something about one parked step, where there is one that somebody can say something about. */
  resolve(coordinator: SimCoordinator): boolean {
    const repeated = this.unanswered;
    if (repeated && this.world.strikes('personRepeats')) {
      this.say(coordinator, repeated, 'the same again');
      return true;
    }
    const parked = [...this.world.store.steps.values()].filter(({ state }) => state === 'parked');
    const open = parked.filter((step) => permitOf(step) !== undefined || this.wordOn(step) !== undefined);
    if (open.length === 0) return false;
    const step = this.world.draws.pick(open);
    if (permitOf(step) !== undefined) return this.decide(coordinator, step);
    const outcome = this.wordOn(step)!;
    this.say(
      coordinator,
      this.resolution(step, outcome),
      `${step.key} ${outcome === 'absent' ? 'is absent' : 'happened'}`,
    );
    return true;
  }

  /** Mostly yes; now and then for so short a time that nothing can be sent in it. */
  private decide(coordinator: SimCoordinator, step: StepRow): true {
    const { draws } = this.world;
    const verdict = draws.chance(DENIED) ? 'denied' : 'granted';
    const expiresInMs = draws.pick(PERMIT_MS);
    const word = {
      permitId: permitOf(step)!,
      stepId: step.id,
      verdict,
      reason: 'looked at',
      by: draws.uuid(),
      expiresInMs,
    };
    this.say(coordinator, { kind: 'permit', word } as Input, `${step.key} is ${verdict} for ${expiresInMs} ms`);
    return true;
  }

  cancel(coordinator: SimCoordinator): void {
    this.say(coordinator, { kind: 'cancel', reason: 'no longer wanted' }, 'cancel');
  }

  /** Another plan: some of what there is, and something new; now and then made from a plan that is no more. */
  revise(coordinator: SimCoordinator): void {
    const { draws, store } = this.world;
    const revision = drawRevision(draws, store.plan, store.task.planRevision);
    const ids = revision.document.steps.map(({ id }) => id).join(', ');
    this.say(coordinator, { kind: 'revise', revision }, `let it be ${ids} instead of revision ${revision.replaces}`);
  }

  private say(coordinator: SimCoordinator, input: Input, text: string): void {
    this.world.stage.say('person', () => `tells ${coordinator.name}: ${text}`);
    this.unanswered = input.kind === 'cancel' ? this.unanswered : input;
    const reply = (answer: Reply | undefined): void => {
      if (answer !== undefined && this.unanswered === input) this.unanswered = undefined;
      if (input.kind === 'revise' && answer) this.oracle.judgeRevised(input.revision, answer);
      this.world.stage.say('person', () => `hears ${typeof answer === 'object' ? answer.kind : (answer ?? 'nothing')}`);
    };
    coordinator.ask({ input, reply });
  }

  /** What the books say. Nothing, while it may still come; but somebody in haste says "absent" all the same. */
  private wordOn({ operationId }: StepRow): 'happened' | 'absent' | undefined {
    const { site } = this.world;
    if (site.effectsBy(operationId) > 0) return 'happened';
    if (!site.mayStillHappen(operationId)) return 'absent';
    return this.oracle.isHasty ? 'absent' : undefined;
  }

  private resolution({ id, operationId }: StepRow, outcome: 'happened' | 'absent'): Input {
    const output = Buffer.from('1');
    return {
      kind: 'resolve',
      resolution: {
        operationId,
        stepId: id,
        outcome,
        output,
        outputHash: sha256Hex(output),
        evidence: '{}',
        reason: 'seen in the books',
        evidenceId: this.world.draws.uuid(),
      },
    };
  }
}
