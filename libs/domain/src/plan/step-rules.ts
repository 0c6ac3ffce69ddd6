import type { ResolvedAgent } from '../agent/agent-contract';
import { closureOf } from '../agent/agent-grants';
import { isFreeName } from '../expression/scope';
import type { JsonObject } from '../json';
import { LIMITS } from '../limits';
import type { ResolvedContract } from '../tool-contract';
import { contractProblems } from './effect-rules';
import { grantCheck } from './grants';
import { inputProblems } from './input-rules';
import type { NameSuggester } from './nearest-name';
import type { PathTypes } from './path-types';
import type { StepDocument } from './plan';
import { APPROVAL, calleeOf } from './plan';
import type { PlanGraph } from './plan-graph';
import { fallbackIdOf } from './plan-graph';
import { PLAN_CHECK } from './plan-limits';
import type { StepReading } from './plan-reading';
import type { ProblemList } from './problem-list';
import { stepTypeProblems } from './type-rules';

const STEP_ID = /^[A-Za-z_][A-Za-z0-9_-]*$/;
const PRIORITY_MAX = 9;

/** What a step is judged against. */
export interface StepSurroundings {
  readonly steps: readonly StepReading[];
  readonly graph: PlanGraph;
  readonly contracts: ReadonlyMap<string, ResolvedContract>;
  readonly agents?: ReadonlyMap<string, ResolvedAgent>;
  readonly models?: ReadonlySet<string>;
  readonly grants?: readonly string[];
  readonly types: PathTypes;
}

/** The rules that look at one step and at the names of the others. */
export class StepRules {
  private readonly isGranted: (tool: string) => boolean;

  constructor(
    private readonly around: StepSurroundings,
    private readonly problems: ProblemList,
    private readonly suggester: NameSuggester,
  ) {
    this.isGranted = around.grants === undefined ? () => true : grantCheck(around.grants);
  }

  check(reading: StepReading, index: number): void {
    this.checkId(reading, index);
    if (reading.step.agent === undefined) this.checkTool(reading);
    else this.checkAgent(reading);
    this.checkNeeds(reading);
    this.problems.addAll(reading.problems);
    this.checkReads(reading);
    this.problems.addAll(stepTypeProblems(reading, this.around.types, this.takenBy(reading)));
    this.checkItems(reading);
    this.checkFallback(reading, index);
    this.checkNumbers(reading);
  }

  private checkId({ step, pointer }: StepReading, index: number): void {
    if (!isStepId(step.id)) {
      const message = `An id starts with a letter or '_' and goes on with letters, digits, '_' or '-', at most ${LIMITS.NAME_LENGTH_MAX} characters.`;
      this.problems.add(`${pointer}/id`, 'bad_id', message);
    }
    const first = this.around.graph.indexOf.get(step.id);
    if (first !== index)
      this.problems.add(`${pointer}/id`, 'duplicate_id', `Step ${first} has the id '${step.id}', too.`);
  }

  private checkTool({ step, pointer }: StepReading): void {
    const tool = calleeOf(step);
    const contract = this.around.contracts.get(tool);
    // What `approval` stands for is everybody's; its own rules have read it.
    if (step.approval !== undefined && step.tool === undefined) return;
    if (!contract || tool === APPROVAL) {
      const suggestion = this.suggester.suggest(tool, this.around.contracts.keys());
      this.problems.add(`${pointer}/tool`, 'unknown_tool', `There is no tool '${tool}'.${suggestion}`);
    } else if (this.isGranted(tool)) {
      this.problems.addAll(contractProblems(contract, `${pointer}/tool`));
      this.problems.addAll(inputProblems(step.input ?? {}, contract, `${pointer}/input`));
    } else {
      this.problems.add(`${pointer}/tool`, 'not_granted', `The task's grants do not include '${tool}'.`);
    }
  }

  private checkAgent({ step, pointer }: StepReading): void {
    const { agent: name = '' } = step;
    if (step.tool !== undefined) {
      this.problems.add(`${pointer}/agent`, 'contradiction', 'A step names a tool or an agent, not both.');
    }
    const agents = this.around.agents ?? new Map<string, ResolvedAgent>();
    const agent = agents.get(name);
    if (!agent) {
      const suggestion = this.suggester.suggest(name, agents.keys());
      this.problems.add(`${pointer}/agent`, 'unknown_agent', `There is no agent '${name}'.${suggestion}`);
    } else if (this.isGranted(name)) {
      this.problems.addAll(inputProblems(step.input ?? {}, agent, `${pointer}/input`));
      this.checkUnder(step, `${pointer}/agent`, agents);
    } else {
      this.problems.add(`${pointer}/agent`, 'not_granted', `The task's grants do not include '${name}'.`);
    }
  }

  private takenBy({ step }: StepReading): JsonObject | undefined {
    const { contracts, agents } = this.around;
    return step.agent === undefined ? contracts.get(calleeOf(step))?.input : agents?.get(step.agent)?.input;
  }

  /** Of the agent and of all that it can come to call. */
  private checkUnder(step: StepDocument, pointer: string, agents: ReadonlyMap<string, ResolvedAgent>): void {
    const { contracts, models, grants } = this.around;
    const closure = closureOf({ steps: [step] }, contracts.keys(), agents, grants);
    for (const name of closure.agents) {
      const { model, tools, agents: granted } = agents.get(name)!;
      if (models && !models.has(model)) {
        const known = this.suggester.suggest(model, models);
        const message = `The model '${model}' of agent '${name}' is not configured.${known} Set it in MODELS.`;
        this.problems.add(pointer, 'model_unavailable', message);
      }
      const isTool = grantCheck(tools);
      const isAgent = grantCheck(granted);
      const both = closure.agents.find((other) => isAgent(other) && isTool(other) && contracts.has(other));
      if (both === undefined) continue;
      const message = `Agent '${name}' is granted both a tool and an agent named '${both}'; its model could not tell them apart.`;
      this.problems.add(pointer, 'ambiguous_name', message);
    }
  }

  private checkNeeds({ step, pointer }: StepReading): void {
    step.needs?.forEach((key, i) => {
      if (!this.around.graph.indexOf.has(key)) this.addUnknownStep(`${pointer}/needs/${i}`, key);
    });
  }

  private checkReads({ input, gate, check }: StepReading): void {
    for (const reads of [gate, input, check]) {
      for (const [key, pointer] of reads) if (!this.around.graph.indexOf.has(key)) this.addUnknownStep(pointer, key);
    }
  }

  private checkItems({ step, pointer }: StepReading): void {
    if (step.forEach === undefined) {
      if (step.as !== undefined) this.problems.add(`${pointer}/as`, 'no_for_each', "'as' names the item of a forEach.");
      if (step.maxParallel !== undefined) {
        this.problems.add(`${pointer}/maxParallel`, 'no_for_each', "'maxParallel' bounds the items of a forEach.");
      }
    } else if (step.as !== undefined && !isFreeName(step.as)) {
      this.problems.add(
        `${pointer}/as`,
        'bad_name',
        `'${step.as}' is no name an item can have; it is taken or no name.`,
      );
    }
  }

  private checkFallback({ step, pointer }: StepReading, index: number): void {
    const key = fallbackIdOf(step);
    if (key === undefined) return;
    const at = `${pointer}/onFailure/fallback`;
    const { fallback, fallbackOf } = this.around.graph;
    const target = fallback[index];
    if (target === undefined) this.addUnknownStep(at, key);
    else if (target === index) this.problems.add(at, 'bad_fallback', 'A step cannot be its own fallback.');
    else if (fallbackOf[target] !== index) {
      this.problems.add(at, 'bad_fallback', `'${key}' stands in for another step already.`);
    } else if (this.around.steps[target]!.step.forEach !== undefined) {
      this.problems.add(at, 'bad_fallback', `'${key}' is a forEach; a fallback is one step.`);
    }
  }

  private checkNumbers({ step, pointer }: StepReading): void {
    this.checkNumber(`${pointer}/maxParallel`, step.maxParallel, 1, LIMITS.FOR_EACH_ITEMS_MAX);
    this.checkNumber(`${pointer}/timeoutMs`, step.timeoutMs, 1, PLAN_CHECK.TIMEOUT_MS_MAX);
    this.checkNumber(`${pointer}/priority`, step.priority, 0, PRIORITY_MAX);
    this.checkNumber(`${pointer}/retry/maxAttempts`, step.retry?.maxAttempts, 1, PLAN_CHECK.ATTEMPTS_MAX);
    this.checkNumber(`${pointer}/retry/backoffMs`, step.retry?.backoffMs, 0, PLAN_CHECK.TIMEOUT_MS_MAX);
    this.checkNumber(`${pointer}/retry/maxBackoffMs`, step.retry?.maxBackoffMs, 0, PLAN_CHECK.TIMEOUT_MS_MAX);
  }

  private checkNumber(pointer: string, value: number | undefined, min: number, max: number): void {
    if (value === undefined || (Number.isInteger(value) && value >= min && value <= max)) return;
    this.problems.add(pointer, 'out_of_range', `A whole number from ${min} to ${max}.`);
  }

  private addUnknownStep(pointer: string, key: string): void {
    const { indexOf } = this.around.graph;
    const parent = /^(.+)\[\d+\]$/.exec(key)?.[1];
    const hint =
      parent !== undefined && indexOf.has(parent)
        ? ` The items of a forEach are waited for together: '${parent}'.`
        : this.suggester.suggest(key, indexOf.keys());
    this.problems.add(pointer, 'unknown_step', `There is no step '${key}'.${hint}`);
  }
}

// `__proto__` would match, and is no key that JSON objects are safe with.
const isStepId = (id: string): boolean => STEP_ID.test(id) && id.length <= LIMITS.NAME_LENGTH_MAX && id !== '__proto__';
