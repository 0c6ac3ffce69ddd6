import type { StepAtEpoch } from '@muster/contracts';
import {
  canonicalJson,
  catalogueIn,
  type JsonValue,
  type ModelStepCall,
  modelContractOf,
  PLANNER,
  plannerInput,
  type ResolvedContract,
} from '@muster/domain';
import { PREPARE } from '@muster/ledger';
import type { ModelAnswer } from '@muster/models';
import { Database, type KnownPlan, type NamedSql, PlanCache } from '@muster/persistence';
import { Injectable } from '@nestjs/common';
import { GoalReader } from './goal.reader';
import { type EarlierCall, planPrompt } from './plan.prompt';

/** A call of a model that is to make a plan, with everything that it needs. */
export interface PlanWork {
  readonly stepId: string;
  readonly taskId: string;
  readonly epoch: number;
  readonly operationId: string;
  readonly contract: ResolvedContract;
  readonly timeoutMs: number;
  /** The exact bytes: those of an earlier sending, where there was one. */
  readonly request: Buffer;
}

interface Prepared {
  readonly step_id: string;
  readonly task_id: string;
  readonly parent_id: string | null;
  readonly item_index: number;
  readonly item: string;
  readonly state: string;
  readonly epoch: number;
  readonly operation_id: string;
  readonly plan_hash: string;
  readonly input: string;
  readonly deadline_at: Date | null;
  readonly withdrawal: string | null;
  readonly request: Buffer | null;
}

interface Call {
  readonly key: string;
  readonly item: string;
  readonly item_index: number;
  readonly response: Buffer | null;
}

/** Every call for the same plan up to this one, with its recorded answer. */
const READ_CALLS: NamedSql = {
  name: 'planner.calls',
  text: `select s.key, s.item, s.item_index, o.response from step s
    left join operation o on o.id = s.operation_id and o.state = 'succeeded'
    where s.parent_id = $1 and s.item_index <= $2 order by s.item_index`,
};

/** Reads what a call is made of. */
@Injectable()
export class PlanWorkLoader {
  constructor(
    private readonly database: Database,
    private readonly plans: PlanCache,
    private readonly goals: GoalReader,
  ) {}

  /** Undefined where the doorbell came too late, or names what is no call for a plan. */
  async load({ id, epoch }: StepAtEpoch, now: Date): Promise<PlanWork | undefined> {
    const [row] = await this.database.query<Prepared>(PREPARE, [[id]]);
    if (row?.state !== 'dispatched' || row.epoch !== epoch || row.withdrawal !== null || !row.parent_id)
      return undefined;
    const known = (await this.plans.get([row.plan_hash])).get(row.plan_hash)!;
    const planner = known.plan.agents.get(PLANNER);
    if (!planner) return undefined;
    const contract = modelContractOf(planner);
    const left = row.deadline_at ? row.deadline_at.getTime() - now.getTime() : Number.POSITIVE_INFINITY;
    return {
      stepId: row.step_id,
      taskId: row.task_id,
      epoch,
      operationId: row.operation_id,
      contract,
      timeoutMs: Math.max(1, Math.min(contract.timeoutMs, left)),
      request: row.request ?? (await this.request(row, known)),
    };
  }

  private async request(row: Prepared, { plan, contracts }: KnownPlan): Promise<Buffer> {
    const [calls, goal] = await Promise.all([
      this.database.query<Call>(READ_CALLS, [row.parent_id, row.item_index]),
      this.goals.read(row.task_id, plan),
    ]);
    const input = plannerInput(
      goal.text,
      JSON.parse(row.input) as JsonValue,
      catalogueIn(plan, contracts),
      goal.progress,
    );
    const made = calls.map(({ item }) => JSON.parse(item) as ModelStepCall);
    const request = planPrompt(plan.agents.get(PLANNER)!, input, calls.flatMap(earlierOf), made);
    return Buffer.from(canonicalJson(request as unknown as JsonValue));
  }
}

const earlierOf = ({ key, response }: Call): EarlierCall[] =>
  response === null ? [] : [{ key, answer: JSON.parse(response.toString('utf8')) as ModelAnswer }];
