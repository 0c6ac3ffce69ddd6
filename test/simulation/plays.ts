import type { JsonObject, StepDocument } from '@muster/domain';
import type { Claim, Settlement } from '@muster/ledger';
import type { StepRow } from '../../apps/coordinator/src/lifecycle/snapshot';
import { CONTRACTS_BY_HASH, TIMEOUT_MS, WINDOW_MS } from '../../apps/coordinator/src/lifecycle/testing/contracts';
import { LEASE_TTL_MS } from '../../apps/coordinator/src/lifecycle/testing/task.world';
import { Draws } from './draws';
import { type RealStore, SOMEBODY } from './real-store';
import { Twin } from './twin';

/** A few statements in the order in which one rule alone decides what comes of them. */
export interface Play {
  readonly steps: readonly StepDocument[];
  readonly toolCalls?: number;
  readonly acts: (player: Player) => Promise<unknown>;
}

/** As an executor that was woken for a step claims it. */
export function claimOf({ id: stepId, epoch, operationId, contractHash }: StepRow): Claim {
  const { effect } = CONTRACTS_BY_HASH.get(contractHash)!;
  const resendWithinMs = effect === 'keyed' ? WINDOW_MS - LEASE_TTL_MS - TIMEOUT_MS : null;
  return { stepId, epoch, operationId, contractHash, effect, request: Buffer.from('{}'), resendWithinMs };
}

/** One executor and one coordinator over both stores. */
export class Player {
  private constructor(
    readonly twin: Twin,
    readonly workerId: string,
  ) {}

  static async begin(real: RealStore, steps: readonly StepDocument[], budget: JsonObject = {}): Promise<Player> {
    const draws = new Draws(0);
    const twin = await Twin.begin(real, { document: { steps }, budget, deadlineMs: undefined }, draws);
    const workerId = draws.uuid();
    await twin.register(workerId);
    return new Player(twin, workerId);
  }

  step(key = 's0'): StepRow {
    return this.twin.memory.byKey(key);
  }

  claim(key?: string, changes: Partial<Claim> = {}) {
    return this.twin.advance({ workerId: this.workerId, claim: { ...claimOf(this.step(key)), ...changes } });
  }

  settle(state: Settlement['state'], sending = 1) {
    return this.twin.advance({ workerId: this.workerId, settle: this.settlement(state, sending) });
  }

  /** Settles the first step and claims the next in one statement. */
  goOn() {
    const [settle, claim] = [this.settlement('succeeded', 1), claimOf(this.step('s1'))];
    return this.twin.advance({ workerId: this.workerId, settle, claim });
  }

  private settlement(state: Settlement['state'], sending: number): Settlement {
    const isSuccess = state === 'succeeded';
    const { operationId } = this.step();
    const answer = isSuccess
      ? { response: Buffer.from('1'), outputValid: true }
      : { response: null, outputValid: null };
    return { operationId, sending, state, ...answer, code: state, message: `It answered ${state}.` };
  }

  decide() {
    return this.twin.decide([{ kind: 'look', stepId: this.step().id }]);
  }

  async look(): Promise<void> {
    const decision = await this.decide();
    if (decision) await this.twin.commit(decision);
  }

  /** The claim is refused for want of a permit, and a person is asked. */
  async askForPermit(): Promise<void> {
    await this.claim();
    const { id, epoch } = this.step();
    await this.twin.refuse(this.workerId, id, epoch, 'permit_required', claimOf(this.step()).request);
    await this.look();
  }

  async grant(expiresInMs: number): Promise<void> {
    const { id: stepId, condition } = this.step();
    const permitId = condition.kind === 'person' ? condition.permit! : '';
    const word = { permitId, stepId, verdict: 'granted', reason: 'looked at', by: SOMEBODY, expiresInMs } as const;
    await this.twin.commit((await this.twin.decide([{ kind: 'permit', word }]))!);
  }

  loseWorker(): Promise<void> {
    return this.twin.reportEnd(this.workerId);
  }

  cancel() {
    return this.twin.decide([{ kind: 'cancel', reason: 'no longer wanted' }]);
  }

  /** Ends a task that was withdrawn. */
  async close(): Promise<void> {
    await this.twin.commit((await this.twin.decide([{ kind: 'look-task' }]))!);
  }
}

const PAY: readonly StepDocument[] = [{ id: 's0', tool: 'pay' }];
const PERMITTED: readonly StepDocument[] = [{ id: 's0', tool: 'pay', permit: true }];
const MAIL: readonly StepDocument[] = [{ id: 's0', tool: 'mail' }];
const RUN: readonly StepDocument[] = [
  { id: 's0', tool: 'read' },
  { id: 's1', tool: 'read', needs: ['s0'] },
];
const RETRY_MS = 2_000;
/** Longer than a resend waits. */
const PERMIT_MS = 60_000;

async function permitted(player: Player): Promise<void> {
  await player.askForPermit();
  await player.grant(PERMIT_MS);
}

/** The first sending came to nothing, and the next one is dispatched. */
async function sentInVain(player: Player, state: 'unknown' | 'absent'): Promise<void> {
  await player.claim();
  await player.settle(state);
  await player.look();
  await player.twin.pass(RETRY_MS);
  await player.look();
}

export const PLAYS = {
  'a definite answer to a second sending, the first one in doubt': {
    steps: PAY,
    acts: async (player) => {
      await sentInVain(player, 'unknown');
      await player.claim();
      await player.settle('absent', 2);
    },
  },
  'a decision that a cancel overtook': {
    steps: PAY,
    acts: async (player) => {
      await player.claim();
      await player.settle('succeeded');
      const late = await player.decide();
      await player.twin.commit((await player.cancel())!);
      await player.twin.commit(late!);
    },
  },
  'a conclusion that the answer overtook': {
    steps: PAY,
    acts: async (player) => {
      await player.claim();
      await player.loseWorker();
      const late = await player.decide();
      await player.settle('succeeded');
      await player.twin.commit(late!);
    },
  },
  'a call whose sender is gone': {
    steps: MAIL,
    acts: async (player) => {
      await player.claim();
      await player.twin.pass(LEASE_TTL_MS + 1);
      await player.twin.lookedFor();
    },
  },
  'an answer to a parked call': {
    steps: MAIL,
    acts: async (player) => {
      await player.claim();
      await player.loseWorker();
      await player.look();
      await player.settle('succeeded');
      await player.twin.lookedFor();
    },
  },
  'a resend of a call in doubt': {
    steps: PAY,
    acts: async (player) => {
      await sentInVain(player, 'unknown');
      await player.claim();
    },
  },
  'a resend whose claim is repeated after the window': {
    steps: PAY,
    acts: async (player) => {
      await sentInVain(player, 'unknown');
      await player.claim();
      await player.twin.pass(WINDOW_MS);
      await player.claim();
    },
  },
  'a resend with other bytes': {
    steps: PAY,
    acts: async (player) => {
      await sentInVain(player, 'absent');
      await player.claim('s0', { request: Buffer.from('{"other":1}') });
    },
  },
  'a claim of another contract than the pinned one': {
    steps: PAY,
    acts: (player) => player.claim('s0', { contractHash: 'hash of mail' }),
  },
  'a claim behind a cancel': {
    steps: PAY,
    acts: async (player) => {
      await player.twin.commit((await player.cancel())!);
      await player.claim();
    },
  },
  'a claim that needs a permit': { steps: PERMITTED, acts: (player) => player.claim() },
  'a claim with a permit for other bytes': {
    steps: PERMITTED,
    acts: async (player) => {
      await permitted(player);
      await player.claim('s0', { request: Buffer.from('{"other":1}') });
    },
  },
  'a claim with a permit that is too late': {
    steps: PERMITTED,
    acts: async (player) => {
      await permitted(player);
      await player.twin.pass(PERMIT_MS);
      await player.claim();
    },
  },
  'a claim with a permit, and its resend': {
    steps: PERMITTED,
    acts: async (player) => {
      await permitted(player);
      await sentInVain(player, 'absent');
      await player.twin.pass(PERMIT_MS);
      await player.claim();
    },
  },
  'a cancel of a task that waits for a permit': {
    steps: PERMITTED,
    acts: async (player) => {
      await player.askForPermit();
      await player.twin.commit((await player.cancel())!);
      await player.close();
    },
  },
  'a claim before its turn': { steps: RUN, acts: (player) => player.claim('s1') },
  'a run that goes on': {
    steps: RUN,
    acts: async (player) => {
      await player.claim();
      await player.goOn();
    },
  },
  'a list that the budget has no room for, and a cancel of what is left': {
    steps: [
      { id: 's0', tool: 'read' },
      { id: 's1', tool: 'read', forEach: 'input.few', needs: ['s0'] },
      { id: 's2', tool: 'pay' },
    ],
    toolCalls: 2,
    acts: async (player) => {
      await player.claim();
      await player.settle('succeeded');
      await player.look();
      await player.twin.commit((await player.cancel())!);
      await player.close();
    },
  },
} as const satisfies Readonly<Record<string, Play>>;
export type PlayName = keyof typeof PLAYS;

export async function play(real: RealStore, name: PlayName): Promise<void> {
  const { steps, toolCalls, acts }: Play = PLAYS[name];
  await acts(await Player.begin(real, steps, toolCalls === undefined ? {} : { toolCalls }));
}
