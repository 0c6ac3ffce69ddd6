import { isTerminal, PLANNING_INDEX, TASK } from '@muster/domain';
import { type Acceptance, accept } from '../../apps/coordinator/src/lifecycle/accept';
import { MemoryStore } from '../../apps/coordinator/src/lifecycle/testing/memory.store';
import { LEASE_TTL_MS } from '../../apps/coordinator/src/lifecycle/testing/task.world';
import { SimCoordinator } from './coordinator';
import { Draws } from './draws';
import { SimExecutor } from './executor';
import { Finding } from './finding';
import { CALM, drawMix, type Mix, type ThemeName } from './mix';
import { Oracle } from './oracle';
import { Person } from './person';
import { type Case, drawCaseOfAnyKind, drawCaseWithAgent, drawProposal, submissionOf } from './plans';
import { Stage, type TraceLine } from './stage';
import { SimVerifier } from './verifier';
import { World } from './world';

/** Everything that decides a run: the same scenario is the same run, event by event. */
export interface Scenario {
  readonly seed: number;
  readonly mix: Mix;
  readonly one: Case;
}

export interface Outcome {
  /** What must not be; absent where all is well. */
  readonly finding: string | undefined;
  readonly events: number;
  readonly effects: number;
  /** How often each fault struck, and a planner came to make another plan. */
  readonly struck: Readonly<Record<string, number>>;
}

/** What a seed stands for; of one kind of trouble where that is asked for. */
export function scenarioOf(seed: number, theme?: ThemeName): Scenario {
  const draws = new Draws(seed);
  const mix = drawMix(draws, theme);
  const one = theme === 'agents' ? drawCaseWithAgent(draws) : drawCaseOfAnyKind(draws);
  return { seed, mix, one: theme === 'goals' ? { ...one, isGoal: true } : one };
}

/** Runs a scenario to its end. Anything that is thrown is a fault of the harness, never a finding. */
export function run(scenario: Scenario, trace?: TraceLine[]): Outcome {
  const schedule = new Schedule(scenario, trace);
  let finding: string | undefined;
  try {
    schedule.storm();
    schedule.calm();
  } catch (error) {
    if (!(error instanceof Finding)) throw error;
    finding = error.message;
    trace?.push({ at: schedule.elapsedMs, actor: 'oracle', text: error.message });
  }
  return { finding, ...schedule.counts };
}

/** What is counted beside the faults: a second plan, made when the first had failed. */
export const PLANNED_AGAIN = 'plannedAgain';

const EXECUTORS = 2;
const COORDINATORS = 2;
const VERIFIERS = 1;
const CALM_TURNS_MAX = 4_000;
const START = Date.parse('2026-01-01T00:00:00Z');

const ACTS = { step: 30, deliver: 12, time: 3 };
const actsAt = (unrest: number) => ({
  ...ACTS,
  sweep: 1 + unrest / 3,
  fault: unrest,
  person: 1 + unrest / 6,
  stray: 1 + unrest / 4,
});

class Schedule {
  private readonly draws: Draws;
  private readonly stage: Stage;
  private readonly world: World;
  private readonly oracle: Oracle;
  private readonly person: Person;
  private readonly executors: SimExecutor[] = [];
  private readonly coordinators: SimCoordinator[] = [];
  private readonly verifiers: SimVerifier[] = [];
  private readonly unseen: SimExecutor[] = [];
  private named = 0;

  constructor(
    private readonly scenario: Scenario,
    trace: TraceLine[] | undefined,
  ) {
    this.draws = new Draws(scenario.seed ^ 0x5eed);
    this.stage = new Stage(this.draws, trace);
    const acceptance = accept(submissionOf(scenario.one, START), START, Number.POSITIVE_INFINITY, () =>
      this.draws.uuid(),
    );
    this.world = new World(this.stage, this.draws, new MemoryStore(acceptance, START), scenario.mix);
    this.world.site.planner = () => {
      const { plan, task } = this.world.store;
      return drawProposal(this.draws, scenario.one, plan, task.planRevision);
    };
    this.oracle = new Oracle(this.world);
    this.person = new Person(this.world, this.oracle);
    for (let count = 0; count < EXECUTORS; count++) this.startExecutor();
    for (let count = 0; count < COORDINATORS; count++) this.startCoordinator(count === 0 ? acceptance : undefined);
    for (let count = 0; count < VERIFIERS; count++) this.startVerifier();
    for (const ring of acceptance.rings) this.world.bell.ring(ring);
  }

  get elapsedMs(): number {
    return this.stage.now - START;
  }

  get counts(): Omit<Outcome, 'finding'> {
    return {
      events: this.stage.events,
      effects: this.world.site.effects,
      struck: Object.fromEntries([...this.world.struck, [PLANNED_AGAIN, this.plannedAgain]]),
    };
  }

  private get plannedAgain(): number {
    const planning = [...this.world.store.steps.values()].filter(
      ({ planIndex, parentId, planRevision }) => planIndex === PLANNING_INDEX && parentId === null && planRevision > 0,
    );
    return planning.filter(({ state }) => state === 'succeeded').length;
  }

  private get isOver(): boolean {
    return isTerminal(TASK, this.world.store.task.state);
  }

  // The storm.

  storm(): void {
    for (let turn = 0; turn < this.scenario.mix.turns && !this.isOver; turn++) this.act();
  }

  private act(): void {
    switch (this.draws.weighted(actsAt(this.scenario.mix.unrest))) {
      case 'step':
        if (this.stage.step(false)) return;
        return this.deliver() ? undefined : this.pass(this.someTime());
      case 'deliver':
        if (!this.deliver()) this.stage.step(false);
        return;
      case 'time':
        return this.pass(this.someTime());
      case 'sweep':
        return this.able(this.coordinators)?.sweep();
      case 'fault':
        return this.fault();
      case 'person':
        return this.personActs();
      case 'stray':
        return this.stray();
    }
  }

  private deliver(): boolean {
    const taker = {
      executor: this.able(this.executors),
      coordinator: this.able(this.coordinators),
      verifier: this.able(this.verifiers),
    };
    if (!taker.executor || !taker.coordinator || !taker.verifier) return false;
    const message = this.world.bell.take();
    if (!message) return false;
    if (message.to === 'executor') taker.executor.take(message.run);
    else if (message.to === 'verifier') taker.verifier.take(message);
    else taker.coordinator.look(message.steps, message.task);
    return true;
  }

  private someTime(): number {
    if (this.world.strikes('longWait')) return this.draws.pick([3_000, 8_000, 30_000, 70_000]);
    const next = Math.min(
      this.stage.nextAt() ?? Number.POSITIVE_INFINITY,
      this.world.sweep.nextDue() ?? Number.POSITIVE_INFINITY,
    );
    return Number.isFinite(next) && this.draws.chance(0.5)
      ? Math.max(1, next - this.stage.now)
      : this.draws.pick([1, 50, 300, 1_000]);
  }

  private pass(ms: number): void {
    this.stage.pass(ms);
    this.world.store.now = this.stage.now;
    this.oracle.room = this.world.strikes('roomFull') ? this.draws.below(3) : Number.POSITIVE_INFINITY;
    for (const executor of this.executors) if (!executor.isPaused) executor.beat();
  }

  // Faults.

  private fault(): void {
    if (this.world.strikes('executorKilled')) this.killExecutor();
    if (this.world.strikes('coordinatorKilled')) this.killCoordinator();
    if (this.world.strikes('verifierKilled')) this.killVerifier();
    if (this.world.strikes('paused')) this.pauseSomebody();
    else if (this.draws.chance(0.2)) this.wakeSomebody();
    if (this.world.strikes('lockCut')) this.able(this.executors)?.cutLock();
    if (this.unseen.length > 0 && this.draws.chance(0.2)) this.unseen.shift()!.reportEnd();
  }

  private killExecutor(): void {
    // Mostly somebody who is at work: the others take nothing with them.
    const busy = this.executors.filter((executor) => this.world.site.isBusy(executor));
    const executor = this.draws.pick(busy.length > 0 && this.draws.chance(0.8) ? busy : this.executors);
    const isSeen = !this.world.strikes('endUnseen');
    executor.die(isSeen);
    if (!isSeen) this.unseen.push(executor);
    this.executors.splice(this.executors.indexOf(executor), 1);
    this.startExecutor();
  }

  private killCoordinator(): void {
    const coordinator = this.draws.pick(this.coordinators);
    coordinator.die();
    this.coordinators.splice(this.coordinators.indexOf(coordinator), 1);
    this.startCoordinator();
  }

  private killVerifier(): void {
    this.verifiers.pop()!.die();
    this.startVerifier();
  }

  private pauseSomebody(): void {
    const busy = this.executors.filter((executor) => this.world.site.isBusy(executor));
    const actor = this.draws.pick([...busy, ...busy, ...this.executors, ...this.coordinators, ...this.verifiers]);
    actor.isPaused = true;
    this.stage.say(actor.name, () => 'stands still');
    // Another takes its place, as an orchestrator would see to.
    if (actor instanceof SimExecutor && !this.able(this.executors)) this.startExecutor();
    if (actor instanceof SimCoordinator && !this.able(this.coordinators)) this.startCoordinator();
    if (actor instanceof SimVerifier && !this.able(this.verifiers)) this.startVerifier();
  }

  private wakeSomebody(): void {
    const paused = [...this.executors, ...this.coordinators, ...this.verifiers].filter(({ isPaused }) => isPaused);
    if (paused.length > 0) this.wake(this.draws.pick(paused));
  }

  private wake(actor: SimExecutor | SimCoordinator | SimVerifier): void {
    actor.isPaused = false;
    this.stage.say(actor.name, () => 'goes on');
  }

  /** Anybody may forge a message: it can only wake somebody in vain. */
  private stray(): void {
    if (!this.world.strikes('ringForged')) return;
    const step = this.draws.pick([...this.world.store.steps.values()]);
    const epoch = Math.max(0, step.epoch + this.draws.pick([-1, 0, 0, 1]));
    const wake = { to: 'executor', lane: 'default', priority: 5, ring: 0, run: [{ id: step.id, epoch }] } as const;
    this.world.bell.ring(
      this.draws.pick([
        wake,
        wake,
        wake,
        { to: 'coordinator', steps: [step.id], task: true },
        { to: 'verifier', step: { id: step.id, epoch } },
        { to: 'verifier', operation: step.operationId },
      ] as const),
    );
  }

  private personActs(): void {
    const coordinator = this.able(this.coordinators);
    if (!coordinator) return;
    if (this.world.strikes('cancelled')) return this.person.cancel(coordinator);
    if (this.world.strikes('revised')) return this.person.revise(coordinator);
    this.oracle.isHasty = this.world.strikes('personHasty');
    this.person.resolve(coordinator);
    this.oracle.isHasty = false;
  }

  // The calm.

  /** No fault strikes any more: what is not waiting for a person comes to its end, and the person answers. */
  calm(): void {
    this.world.mix = CALM;
    this.oracle.room = Number.POSITIVE_INFINITY;
    this.stage.say('world', () => 'calm');
    for (const actor of [...this.executors, ...this.coordinators, ...this.verifiers])
      if (actor.isPaused) this.wake(actor);
    for (let turn = 0; !this.isOver; turn++) {
      if (turn > CALM_TURNS_MAX) this.oracle.accuse(`it comes to no end: ${this.states()}`);
      this.calmTurn();
    }
    this.settleDown();
    this.oracle.judgeEnd();
  }

  private calmTurn(): void {
    if (this.stage.step(true) || this.deliver()) return;
    const { revision } = this.world.store.task;
    this.coordinators[0]!.sweep();
    this.finish();
    if (this.world.store.task.revision !== revision || !this.world.bell.isEmpty) return;
    const next = Math.min(
      this.stage.nextAt() ?? Number.POSITIVE_INFINITY,
      this.world.sweep.nextDue() ?? Number.POSITIVE_INFINITY,
    );
    const isPersonsTurn = !Number.isFinite(next) || this.draws.chance(0.5);
    // One that waits to ask the database again has not done what the sweep found.
    if (this.coordinators[0]!.isIdle) this.oracle.judgeParked();
    if (isPersonsTurn && this.person.resolve(this.coordinators[0]!)) return;
    if (!Number.isFinite(next)) this.oracle.accuse(`nothing will ever wake it: ${this.states()}`);
    // No longer than a heartbeat's time at once, so that live workers stay alive.
    this.pass(Math.max(1, Math.min(next - this.stage.now, LEASE_TTL_MS / 3)));
  }

  private finish(): void {
    while (this.stage.step(true));
  }

  /** What the task left behind may still answer, and take effect. */
  private settleDown(): void {
    for (let turn = 0; turn < CALM_TURNS_MAX; turn++) {
      if (this.stage.step(true) || this.deliver()) continue;
      const next = this.stage.nextAt();
      if (next === undefined) return;
      this.pass(Math.max(1, next - this.stage.now));
    }
    this.oracle.accuse('the processes never come to rest');
  }

  private states(): string {
    return [...this.world.store.steps.values()]
      .map(({ key, state, condition }) => `${key} ${state} (${condition.kind})`)
      .join(', ');
  }

  // Processes.

  private able<A extends { isPaused: boolean }>(actors: readonly A[]): A | undefined {
    const able = actors.filter(({ isPaused }) => !isPaused);
    return able.length === 0 ? undefined : this.draws.pick(able);
  }

  private startExecutor(): void {
    this.executors.push(new SimExecutor(this.world, this.oracle, `executor ${++this.named}`));
  }

  private startCoordinator(accepted?: Acceptance): void {
    this.coordinators.push(new SimCoordinator(this.world, this.oracle, `coordinator ${++this.named}`, accepted));
  }

  private startVerifier(): void {
    this.verifiers.push(new SimVerifier(this.world, `verifier ${++this.named}`));
  }
}
