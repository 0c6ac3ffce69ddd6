import type { Ring } from '../decision';
import type { Answer } from './memory.ledger';
import { Oracle } from './oracle';
import type { TaskWorld } from './task.world';

type Message = Ring | { readonly to: 'coordinator'; readonly steps: readonly string[]; readonly task: boolean };

/** A call under way: the executor goes on with the rest of the run behind it. */
interface Call {
  readonly workerId: string;
  readonly stepId: string;
  readonly sending: number;
  readonly behind: readonly { readonly id: string; readonly epoch: number }[];
}

const WORKERS = 3;
const QUIET_TURNS_MAX = 3_000;
const HISTORY_EVERY = 16;

/**
 * Everything around one task, driven by one stream of random numbers: messages that are lost, repeated and reordered,
 * tools that answer anything, workers that die seen and unseen, zombies, other coordinators, people. Then a quiet phase
 * in which every due time is honoured and everybody answers.
 */
export class Chaos {
  private readonly messages: Message[] = [];
  private readonly calls: Call[] = [];
  private readonly zombies: Call[] = [];
  private readonly invalid = new Map<string, boolean>();
  private readonly oracle: Oracle;
  private ringsSeen = 0;
  private turns = 0;
  private workersMade = 1;
  private isQuiet = false;
  private isInterfering = false;

  constructor(
    private readonly world: TaskWorld,
    private readonly random: () => number,
  ) {
    this.oracle = new Oracle(world);
    world.interfere = () => this.interfere();
    this.collect();
  }

  /** Throws at the first thing that must not be. */
  storm(turns: number): void {
    for (let turn = 0; turn < turns && !this.world.isOver; turn++) {
      this.act();
      this.check();
    }
  }

  /** Nothing fails any more: what is not waiting for a person comes to its end, and the person answers. */
  calm(): void {
    this.isQuiet = true;
    this.world.room = Number.POSITIVE_INFINITY;
    for (let turn = 0; !this.world.isOver; turn++) {
      if (turn > QUIET_TURNS_MAX) throw new Error(`It comes to no end: ${JSON.stringify(this.world.states())}`);
      this.quietTurn();
      this.check();
    }
    this.refuse([...this.oracle.historyFindings(), ...this.oracle.endFindings()]);
  }

  private quietTurn(): void {
    if (this.calls.length > 0) return this.progress();
    if (this.messages.length > 0) return this.deliver();
    const revision = this.world.task.revision;
    this.world.sweep();
    this.collect();
    if (this.world.task.revision !== revision || this.messages.length > 0) return;
    const parked = this.parked();
    const due = this.world.nextDue();
    if (due === undefined && parked.length === 0)
      throw new Error(`Nothing will ever wake it: ${JSON.stringify(this.world.states())}`);
    if (parked.length > 0 && (due === undefined || this.chance(0.5)))
      this.world.resolve(this.pick(parked).key, 'happened');
    else this.world.advance(Math.max(1, due! - this.world.now));
  }

  private act(): void {
    const action = this.pick(ACTIONS);
    switch (action) {
      case 'deliver':
        return this.deliver();
      case 'progress':
        return this.progress();
      case 'sweep':
        return this.world.sweep();
      case 'time':
        return this.passTime();
      case 'kill':
        return this.killWorker();
      case 'zombie':
        return this.wakeZombie();
      case 'report':
        return this.reportEnd();
      case 'person':
        return this.decideAsPerson();
      case 'room':
        this.world.room = this.pick([0, 1, 2, 5, Number.POSITIVE_INFINITY]);
        return;
      case 'stray':
        return this.world.look(this.pick([...this.world.store.steps.values()]).key);
      case 'cancel':
        if (this.chance(0.05)) this.world.cancel();
    }
  }

  private check(): void {
    this.collect();
    this.turns += 1;
    this.refuse(this.oracle.findings());
    if (this.turns % HISTORY_EVERY === 0) this.refuse(this.oracle.historyFindings());
  }

  private refuse(findings: readonly string[]): void {
    if (findings.length > 0) throw new Error(`${findings.join('; ')}: ${JSON.stringify(this.world.states())}`);
  }

  private collect(): void {
    for (const ring of this.world.rings.slice(this.ringsSeen)) {
      if (ring.to === 'executor') this.refuse(this.oracle.dispatchFindings(this.row(ring.run[0]!.id)));
      if (this.isQuiet || !this.chance(0.15)) this.messages.push(ring);
    }
    this.ringsSeen = this.world.rings.length;
  }

  private bell(steps: readonly string[], task = false): void {
    if (this.isQuiet || !this.chance(0.2)) this.messages.push({ to: 'coordinator', steps, task });
  }

  private deliver(): void {
    if (this.messages.length === 0) return;
    const at = this.isQuiet ? 0 : Math.floor(this.random() * this.messages.length);
    const message = this.messages[at]!;
    if (this.isQuiet || !this.chance(0.2)) this.messages.splice(at, 1);
    if (message.to === 'executor') this.begin(message.run);
    else if (message.to === 'verifier') this.verify(message);
    else {
      if (message.steps.length > 0) this.world.look(...message.steps.map((id) => this.row(id).key));
      if (message.task) this.world.lookTask();
    }
  }

  // Executors.

  private begin(run: readonly { id: string; epoch: number }[]): void {
    const [first, ...behind] = run as [{ id: string; epoch: number }, ...{ id: string; epoch: number }[]];
    const { key, state, epoch } = this.row(first.id);
    if (!this.isQuiet && state === 'dispatched' && epoch === first.epoch && this.chance(0.1)) {
      this.world.refuse(key, 'breaker_open');
      return this.bell([first.id]);
    }
    if (this.isInvalid(key) && !this.world.operation(key)) {
      this.world.refuse(key, 'input_invalid');
      return this.bell([first.id]);
    }
    this.claim(first, behind, this.aWorker());
  }

  /** Whoever renders the input of such a step finds it wrong. */
  private isInvalid(key: string): boolean {
    if (!this.invalid.has(key)) this.invalid.set(key, this.chance(0.04));
    return this.invalid.get(key)!;
  }

  private claim(step: { id: string; epoch: number }, behind: Call['behind'], workerId: string): void {
    const before = this.world.store.ledger.operations.get(step.id);
    const { key } = this.row(step.id);
    if (this.isInvalid(key) && !before) return;
    if (this.world.claim(key, workerId, step.epoch) !== 'claimed') return;
    this.refuse(this.oracle.claimFindings(this.row(step.id), before));
    this.calls.push({ workerId, stepId: step.id, sending: this.world.operation(key)!.sending, behind });
  }

  private progress(): void {
    const [call] = this.calls.splice(Math.floor(this.random() * this.calls.length), 1);
    if (!call) return;
    // An answer that was lost on its way: the worker lives, and nobody will ever hear of this call.
    if (!this.isQuiet && this.chance(0.04)) return;
    const answer = this.anAnswer();
    const { key } = this.row(call.stepId);
    this.world.settle(key, answer, call.sending);
    this.bell([call.stepId]);
    const [next, ...behind] = call.behind;
    const goesOn = (answer.state ?? 'succeeded') === 'succeeded' && answer.outputValid !== false;
    if (next && goesOn && (this.isQuiet || !this.chance(0.15))) this.claim(next, behind, call.workerId);
  }

  private anAnswer(): Answer {
    if (this.isQuiet) return { output: 1 };
    const output = this.pick([null, 1, 2]);
    return this.pick<Answer>([
      { output },
      { output },
      { output },
      { output },
      { output },
      { output },
      { output, outputValid: false },
      { state: 'failed', code: 'http_422' },
      { state: 'absent', code: 'http_503', retryAfterMs: 700 },
      { state: 'absent', code: 'not_sent' },
      { state: 'unknown', code: 'timeout' },
      { state: 'unknown', code: 'http_500' },
    ]);
  }

  private aWorker(): string {
    const alive = [...this.world.store.ledger.workers.keys()].filter((id) => this.world.isAlive(id));
    if (alive.length >= WORKERS) return this.pick(alive);
    this.workersMade += 1;
    const id = `w${this.workersMade}`;
    this.world.worker(id);
    return id;
  }

  private killWorker(): void {
    const id = this.aWorker();
    const how = this.pick(['ended', 'fallen', 'expired'] as const);
    this.world.loseWorker(id, how);
    const orphans = this.calls.filter(({ workerId }) => workerId === id);
    this.calls.splice(0, this.calls.length, ...this.calls.filter(({ workerId }) => workerId !== id));
    // Whose end was not seen may still be at it.
    if (how !== 'ended') this.zombies.push(...orphans);
  }

  private wakeZombie(): void {
    const [call] = this.zombies.splice(Math.floor(this.random() * this.zombies.length), 1);
    if (!call) return;
    this.world.settle(this.row(call.stepId).key, this.anAnswer(), call.sending);
    this.bell([call.stepId]);
  }

  /** The parent of a vanished worker saw its end after all. */
  private reportEnd(): void {
    const { workers } = this.world.store.ledger;
    const vanished = [...workers.values()].find(({ state, endedAt }) => state === 'dead' && endedAt === null);
    if (!vanished) return;
    workers.set(vanished.id, { ...vanished, endedAt: this.world.now });
    this.zombies.splice(0, this.zombies.length, ...this.zombies.filter(({ workerId }) => workerId !== vanished.id));
  }

  // Verifiers, people, time, other coordinators.

  private verify(ring: Extract<Ring, { to: 'verifier' }>): void {
    if ('operation' in ring) {
      const operation = this.world.store.ledger.byId(ring.operation);
      if (!operation || (operation.state !== 'sent' && operation.state !== 'unknown')) return;
      this.world.addProbe(
        operation.id,
        this.isQuiet ? 'happened' : this.pick(['happened', 'absent', 'absent', 'inconclusive']),
      );
      return this.bell([operation.stepId]);
    }
    const passed = this.isQuiet || this.chance(0.8);
    if ('task' in ring) {
      if (this.world.task.state === 'verifying') this.world.addVerdict(null, ring.task.round, passed);
      return this.bell([], true);
    }
    const { state, epoch } = this.row(ring.step.id);
    if (state === 'verifying' && epoch === ring.step.epoch) this.world.addVerdict(ring.step.id, epoch, passed);
    this.bell([ring.step.id]);
  }

  private decideAsPerson(): void {
    const parked = this.parked();
    if (parked.length > 0) this.world.resolve(this.pick(parked).key, this.pick(['happened', 'absent']));
  }

  private parked() {
    return [...this.world.store.steps.values()].filter(({ state }) => state === 'parked');
  }

  private passTime(): void {
    const due = this.world.nextDue();
    const ms = this.pick([1, 200, 2_000, 8_000, 70_000, Math.max(1, (due ?? 0) - this.world.now)]);
    this.world.advance(ms);
  }

  /** Between load and commit somebody else may do anything, this very decision included. */
  private interfere(): void {
    if (this.isQuiet || this.isInterfering || !this.chance(0.15)) return;
    this.isInterfering = true;
    this.pick([() => this.progress(), () => this.deliver(), () => this.wakeZombie(), () => this.world.sweep()])();
    this.collect();
    this.isInterfering = false;
  }

  private row(id: string) {
    return this.world.store.steps.get(id)!;
  }

  private chance(probability: number): boolean {
    return this.random() < probability;
  }

  private pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.random() * from.length)]!;
  }
}

const ACTIONS = [
  ...Array<'deliver'>(12).fill('deliver'),
  ...Array<'progress'>(10).fill('progress'),
  ...Array<'sweep'>(3).fill('sweep'),
  ...(['time', 'time', 'kill', 'zombie', 'report', 'person', 'room', 'stray', 'stray', 'cancel'] as const),
] as const;

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
