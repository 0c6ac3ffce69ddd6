import { createHash } from 'node:crypto';
import { Config } from '@muster/chassis';
import {
  APPROVAL,
  type CompiledPlan,
  compilePlan,
  type JsonObject,
  type PlanDocument,
  type PlanOptions,
  type PlanVerdict,
} from '@muster/domain';
import { Injectable } from '@nestjs/common';
import { DOOR_LIMITS } from '../door.limits';
import type { Contracts } from './contract.shelf';

/** The parts of a request that the rules of plans go by. */
export interface PlanRequestParts {
  readonly plan: JsonObject;
  readonly grants?: readonly string[];
  readonly budget?: JsonObject;
  readonly input?: unknown;
  readonly autonomy?: string;
}

/**
 * Holds plans to the rules and compiles them. Clients send the same plan again and again: one that passed is known by
 * its text, and is right for as long as the names in it stand for the same contracts.
 */
@Injectable()
export class PlanCompiler {
  private readonly passed = new Map<string, CompiledPlan>();
  private stepsKept = 0;
  private readonly models: ReadonlySet<string>;
  /** The model that makes plans of goals; undefined where none is configured. */
  readonly plannerModel?: string;

  constructor(config: Config) {
    this.models = new Set(Object.keys(config.models));
    this.plannerModel = plannerModelOf(config);
  }

  /** The plan as it passed before under the same contracts. */
  known(parts: PlanRequestParts, contracts: Contracts): CompiledPlan | undefined {
    const plan = this.passed.get(keyOf(parts));
    return plan && isCurrent(plan, contracts) ? plan : undefined;
  }

  compile(parts: PlanRequestParts, contracts: Contracts): PlanVerdict {
    const options = this.optionsFor(parts, contracts);
    const verdict = compilePlan(parts.plan as unknown as PlanDocument, contracts.tools, options);
    // What an agent may call by a prefix hangs on what is registered: such a plan is looked through every time.
    if (verdict.ok && verdict.plan.agents.size === 0) this.keep(keyOf(parts), verdict.plan);
    return verdict;
  }

  optionsFor({ grants, budget, input, autonomy }: PlanRequestParts, { agents }: Contracts): PlanOptions {
    const supervised = autonomy === 'supervised';
    return { grants, budget, input: input as JsonObject | undefined, agents, models: this.models, supervised };
  }

  private keep(key: string, plan: CompiledPlan): void {
    this.drop(key);
    for (const oldest of this.passed.keys()) {
      if (this.passed.size < DOOR_LIMITS.PLANS_KEPT_MAX && this.stepsKept <= DOOR_LIMITS.PLAN_STEPS_KEPT_MAX) break;
      this.drop(oldest);
    }
    this.passed.set(key, plan);
    this.stepsKept += plan.steps.length;
  }

  private drop(key: string): void {
    this.stepsKept -= this.passed.get(key)?.steps.length ?? 0;
    this.passed.delete(key);
  }
}

// The input counts only where a budget is held against it.
const keyOf = ({ plan, grants, budget, input, autonomy }: PlanRequestParts): string =>
  createHash('sha256')
    .update(
      JSON.stringify([
        plan,
        grants ?? null,
        budget ?? null,
        budget ? (input ?? null) : null,
        autonomy === 'supervised',
      ]),
    )
    .digest('base64');

const isCurrent = (plan: CompiledPlan, contracts: Contracts): boolean =>
  Object.entries(plan.body.pins).every(
    ([name, pin]) => name === APPROVAL || contracts.tools.get(name)?.hash === pin.hash,
  );

const NAMED = 'planner';

function plannerModelOf({ models, plannerModel }: Config): string | undefined {
  if (plannerModel !== undefined) return plannerModel;
  return Object.hasOwn(models, NAMED) ? NAMED : Object.keys(models)[0];
}
