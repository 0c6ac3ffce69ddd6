import type { PlanDocument } from '@muster/domain';
import { type ChatRequest, ModelServer, type ModelTurn } from '../support/model-server';

const RETRY_AFTER_S = '1';

interface Goal {
  readonly plan: PlanDocument;
  readonly opened: Promise<void>;
  readonly open: () => void;
  readonly asked: () => void;
  isOpen: boolean;
}

/** A model that makes the plans it was told to make, once it is let: what is asked before waits, and is then refused. */
export class PlanModel {
  private readonly goals = new Map<string, Goal>();

  private constructor(readonly server: ModelServer) {
    server.usually(({ messages }) => this.answer(messages));
  }

  static async start(): Promise<PlanModel> {
    return new PlanModel(await ModelServer.start());
  }

  /** Resolves when somebody asks for it. */
  expect(goal: string, plan: PlanDocument): Promise<void> {
    const { promise: opened, resolve: open } = Promise.withResolvers<void>();
    return new Promise((asked) => this.goals.set(goal, { plan, opened, open, asked, isOpen: false }));
  }

  /** From the next request on the plan is made. */
  open(goal: string): void {
    const known = this.goals.get(goal)!;
    known.isOpen = true;
    known.open();
  }

  stop(): Promise<void> {
    for (const goal of this.goals.values()) goal.open();
    return this.server.stop();
  }

  private answer(messages: ChatRequest['body']['messages']): ModelTurn {
    const said = JSON.parse(String(messages.find(({ role }) => role === 'user')?.content)) as { goal: string };
    const goal = this.goals.get(said.goal);
    if (!goal) throw new Error(`Nobody aims at ${said.goal}.`);
    goal.asked();
    if (goal.isOpen) return { kind: 'json', value: goal.plan };
    return { kind: 'held', until: goal.opened, turn: { kind: 'status', status: 503, retryAfter: RETRY_AFTER_S } };
  }
}
