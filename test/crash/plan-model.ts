import type { PlanDocument } from '@muster/domain';
import { type ChatRequest, ModelServer, type ModelTurn } from '../support/model-server';

/** Long enough that whoever waits for a goal's first request can do something before its second. */
const REFUSED_AFTER_MS = 300;
const RETRY_AFTER_S = '1';

interface Goal {
  readonly plan: PlanDocument;
  readonly asked: () => void;
  requests: number;
}

/** A model that makes the plans it was told to make, each at the second request for it. */
export class PlanModel {
  private readonly goals = new Map<string, Goal>();

  private constructor(readonly server: ModelServer) {
    server.usually(({ messages }) => this.answer(messages));
  }

  static async start(): Promise<PlanModel> {
    return new PlanModel(await ModelServer.start());
  }

  /** Resolves with the first request for a plan of the goal, before that is refused. */
  asked(goal: string, plan: PlanDocument): Promise<void> {
    return new Promise((asked) => this.goals.set(goal, { plan, asked, requests: 0 }));
  }

  stop(): Promise<void> {
    return this.server.stop();
  }

  private answer(messages: ChatRequest['body']['messages']): ModelTurn {
    const said = JSON.parse(String(messages.find(({ role }) => role === 'user')?.content)) as { goal: string };
    const goal = this.goals.get(said.goal);
    if (!goal) throw new Error(`Nobody aims at ${said.goal}.`);
    goal.requests += 1;
    if (goal.requests > 1) return { kind: 'json', value: goal.plan };
    goal.asked();
    const turn: ModelTurn = { kind: 'status', status: 503, retryAfter: RETRY_AFTER_S };
    return { kind: 'slow', afterMs: REFUSED_AFTER_MS, turn };
  }
}
