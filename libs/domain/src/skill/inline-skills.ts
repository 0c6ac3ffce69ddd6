import type { JsonValue } from '../json';
import { LIMITS } from '../limits';
import { inputProblems } from '../plan/input-rules';
import { nearestName } from '../plan/nearest-name';
import type { PlanDocument, Problem, StepDocument } from '../plan/plan';
import { graphOf } from '../plan/plan-graph';
import { readPlan } from '../plan/plan-reading';
import type { WrittenPath } from './expression-rewriting';
import type { SkillContract } from './skill-contract';
import { skillRef } from './skill-contract';
import type { Substitute, Substitution } from './template-rewriting';
import { NoExpressionError, substituteInExpression, substituteInTemplate, walkTemplate } from './template-rewriting';

/** By what a plan calls them: `name` or `name@version`. */
export type Skills = ReadonlyMap<string, SkillContract>;

/** Where a step of the inlined plan comes from. */
export interface Origin {
  /** The step's index in the plan as it was written. */
  readonly index: number;
  /** Of a step that a skill brought: which one. */
  readonly of?: { readonly skill: string; readonly step: string };
}

export interface Inlined {
  readonly document: PlanDocument;
  readonly origins: readonly Origin[];
  readonly problems: readonly Problem[];
}

/** The names of skills that a plan's steps call, no doubles. */
export const skillsNamedIn = ({ steps }: PlanDocument): readonly string[] => [
  ...new Set(steps.flatMap(({ skill }) => (typeof skill === 'string' ? [skill] : []))),
];

/** A step `notify` of a skill with the steps `a` and `b` becomes the steps `notify--a` and `notify--b`. */
export const inlinedKey = (step: string, inner: string): string => `${step}--${inner}`;

/**
 * Puts the steps of skills where a plan names the skills. What a skill's plan calls `input` is the step's own input, and
 * `steps.<step>.output` is what the skill's plan calls its output: both are put in place as text, so that a plan with
 * skills is a plan like any other before a rule looks at it. Pure; bounded in depth and in steps.
 */
export function inlineSkills(document: PlanDocument, skills: Skills, pointer = '/plan'): Inlined {
  return new Inlining(document, skills, pointer, []).run();
}

/** What a skill step has become. */
interface Instance {
  readonly steps: readonly StepDocument[];
  readonly origins: readonly NonNullable<Origin['of']>[];
  /** Ids of the steps that nobody inside waits for. */
  readonly sinks: readonly string[];
  readonly output: JsonValue;
  readonly completion: readonly string[];
}

/** Fields that a step keeps its meaning with when it becomes several. */
const FIELDS: ReadonlySet<string> = new Set(['id', 'skill', 'needs', 'when', 'input', 'priority']);

class Inlining {
  private readonly problems: Problem[] = [];
  private readonly instances = new Map<string, Instance | 'open'>();
  private readonly indexOf: ReadonlyMap<string, number>;
  private count = 0;

  constructor(
    private readonly document: PlanDocument,
    private readonly skills: Skills,
    private readonly pointer: string,
    /** The skills that this plan stands in, from the outermost. */
    private readonly within: readonly string[],
  ) {
    const named = document.steps.flatMap(({ id, skill }, i) => (skill === undefined ? [] : [[id, i] as const]));
    this.indexOf = new Map(named);
  }

  run(): Inlined {
    const steps: StepDocument[] = [];
    const origins: Origin[] = [];
    for (const [index, step] of this.document.steps.entries()) {
      const instance = step.skill === undefined ? undefined : this.instanceOf(step.id);
      steps.push(...(instance ? instance.steps : [this.rewritten(step, index)]));
      origins.push(...(instance ? instance.origins.map((of) => ({ index, of })) : [{ index }]));
    }
    return { document: { ...this.document, steps, ...this.ends() }, origins, problems: this.problems };
  }

  private ends(): Pick<PlanDocument, 'completion' | 'output'> {
    const brought = [...this.instances.values()].flatMap((one) => (one === 'open' ? [] : one.completion));
    const completion = [
      ...(this.document.completion ?? []).map((text, i) => this.expression(text, `${this.pointer}/completion/${i}`)),
      ...brought,
    ];
    const { output } = this.document;
    return {
      ...(completion.length > 0 ? { completion } : {}),
      ...(output === undefined ? {} : { output: this.template(output, `${this.pointer}/output`) }),
    };
  }

  /** A step of its own, with what it says of skill steps put in other words. */
  private rewritten(step: StepDocument, index: number): StepDocument {
    const at = `${this.pointer}/steps/${index}`;
    const read = new Set<string>();
    const change = {
      ...(step.input && { input: this.template(step.input, `${at}/input`, read) as StepDocument['input'] }),
      ...(step.approval !== undefined && { approval: this.template(step.approval, `${at}/approval`, read) as string }),
      ...(step.when !== undefined && { when: this.expression(step.when, `${at}/when`, read) }),
      ...(step.forEach !== undefined && { forEach: this.expression(step.forEach, `${at}/forEach`, read) }),
      ...(step.check !== undefined && { check: this.expression(step.check, `${at}/check`, read) }),
    };
    const fallback = typeof step.onFailure === 'object' ? step.onFailure.fallback : undefined;
    if (fallback !== undefined && this.indexOf.has(fallback)) {
      this.refuse(`${at}/onFailure/fallback`, 'bad_fallback', `'${fallback}' is a skill; a fallback is one step.`);
    }
    const needs = this.needsOf(step, read);
    return { ...step, ...change, ...(needs.length > 0 ? { needs } : {}) };
  }

  /** Each need in its place; what a skill has more of than one last step stands behind. */
  private needsOf({ needs = [], id }: StepDocument, read: ReadonlySet<string>): string[] {
    const lasts = (key: string) => this.instanceOf(key)?.sinks ?? [];
    const places = needs.map((key) => (this.indexOf.has(key) ? (lasts(key)[0] ?? key) : key));
    const more = [...needs.filter((key) => this.indexOf.has(key)), ...read].flatMap(lasts);
    return [...new Set([...places, ...more])].filter((key) => key !== id);
  }

  private instanceOf(id: string): Instance | undefined {
    const known = this.instances.get(id);
    const index = this.indexOf.get(id)!;
    const at = `${this.pointer}/steps/${index}`;
    if (known === 'open') {
      this.refuse(at, 'cycle', `The skill of '${id}' waits for itself.`);
      return undefined;
    }
    if (known) return known;
    this.instances.set(id, 'open');
    const made = this.make(this.document.steps[index]!, at);
    if (made) this.instances.set(id, made);
    return made;
  }

  private make(step: StepDocument, at: string): Instance | undefined {
    const skill = this.skillOf(step, at);
    if (!skill || this.count > LIMITS.PLAN_STEPS_MAX) return undefined;
    const read = new Set<string>();
    const input = this.template(step.input ?? {}, `${at}/input`, read);
    const problems = inputProblems(
      input as NonNullable<StepDocument['input']>,
      { name: skillRef(skill), input: skill.parameters },
      `${at}/input`,
    );
    this.problems.push(...problems);
    const when = step.when === undefined ? undefined : bare(this.expression(step.when, `${at}/when`, read));
    const inner = new Inlining(skill.plan, this.skills, at, [...this.within, skill.name]).run();
    this.problems.push(...inner.problems.map((problem) => ({ ...problem, pointer: `${at}/skill` })));
    this.count += inner.document.steps.length;
    if (this.count > LIMITS.PLAN_STEPS_MAX) {
      this.refuse(
        `${at}/skill`,
        'too_many_steps',
        `With its skills a plan has at most ${LIMITS.PLAN_STEPS_MAX} steps.`,
      );
      return undefined;
    }
    return this.renamed(step, skill, inner, { input, when, needs: this.needsOf(step, read), at });
  }

  private skillOf(step: StepDocument, at: string): SkillContract | undefined {
    const { skill: name = '' } = step;
    for (const field of Object.keys(step)) {
      if (FIELDS.has(field)) continue;
      this.refuse(`${at}/${field}`, 'not_for_skill', `'${field}' belongs to the steps inside of a skill.`);
    }
    const skill = this.skills.get(name);
    if (!skill) {
      const meant = nearestName(name, this.skills.keys());
      const hint = meant === undefined ? '' : ` Did you mean '${meant}'?`;
      this.refuse(`${at}/skill`, 'unknown_skill', `There is no skill '${name}'.${hint}`);
    } else if (this.within.includes(skill.name)) {
      this.refuse(`${at}/skill`, 'cycle', `These skills call each other: ${[...this.within, skill.name].join(' → ')}.`);
      return undefined;
    } else if (this.within.length >= LIMITS.SKILL_DEPTH_MAX) {
      this.refuse(`${at}/skill`, 'too_deep', `Skills stand in each other at most ${LIMITS.SKILL_DEPTH_MAX} deep.`);
      return undefined;
    }
    return skill;
  }

  private renamed(
    step: StepDocument,
    skill: SkillContract,
    { document, origins }: Inlined,
    given: { input: JsonValue; when?: string; needs: readonly string[]; at: string },
  ): Instance {
    const own = new Set(document.steps.map(({ id }) => id));
    const substitution = insideSubstitution(step.id, own, given.input);
    const graph = graphOf(readPlan(document, ''));
    const text = (expression: string) =>
      this.trying(`${given.at}/input`, expression, () => substituteInExpression(expression, substitution));
    const value = (template: JsonValue) =>
      this.trying(`${given.at}/input`, template, () => substituteInTemplate(template, substitution));
    const steps = document.steps.map((inner, i): StepDocument => {
      const isFirst = graph.needs[i]!.length === 0;
      const needs = [...(inner.needs ?? []).map((key) => inlinedKey(step.id, key)), ...(isFirst ? given.needs : [])];
      const when = both(given.when, inner.when === undefined ? undefined : bare(text(inner.when)));
      const { onFailure } = inner;
      return {
        ...inner,
        id: inlinedKey(step.id, inner.id),
        ...(needs.length > 0 ? { needs } : {}),
        ...(when === undefined ? {} : { when }),
        ...(inner.input && { input: value(inner.input) as StepDocument['input'] }),
        ...(inner.approval !== undefined && { approval: value(inner.approval) as string }),
        ...(inner.forEach !== undefined && { forEach: text(inner.forEach) }),
        ...(inner.check !== undefined && { check: text(inner.check) }),
        ...(typeof onFailure === 'object' && { onFailure: { fallback: inlinedKey(step.id, onFailure.fallback) } }),
        ...(inner.priority === undefined && step.priority !== undefined ? { priority: step.priority } : {}),
      };
    });
    const unless = given.when === undefined ? '' : `!(${given.when}) || `;
    return {
      steps,
      origins: origins.map(({ of }, i) => of ?? { skill: skillRef(skill), step: document.steps[i]!.id }),
      sinks: steps.filter((_, i) => graph.dependants[i]!.length === 0).map(({ id }) => id),
      output: document.output === undefined ? null : value(document.output),
      completion: (document.completion ?? []).map((criterion) => `${unless}(${bare(text(criterion))})`),
    };
  }

  private template(value: JsonValue, at: string, read?: Set<string>): JsonValue {
    return this.trying(at, value, () => substituteInTemplate(value, this.outsideSubstitution(at, read)));
  }

  private expression(text: string, at: string, read?: Set<string>): string {
    return this.trying(at, text, () => substituteInExpression(text, this.outsideSubstitution(at, read)));
  }

  /** What is no template, and what cannot stand in an expression, stays as it was; the first is for other rules to report. */
  private trying<T>(at: string, before: T, work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (error instanceof NoExpressionError) {
        const message = `${error.message} A skill reads it inside an expression: put it together in a step of its own.`;
        this.refuse(at, 'mixed_text', message);
      }
      return before;
    }
  }

  /** `steps.<skill step>.output` stands for what the skill gives. */
  private outsideSubstitution(at: string, read?: Set<string>): Substitution {
    return ({ root, keys }) => {
      const [key, field, ...rest] = keys;
      if (root !== 'steps' || typeof key !== 'string' || !this.indexOf.has(key)) return undefined;
      const instance = this.instanceOf(key);
      if (!instance) return undefined;
      if (field !== 'output') {
        this.refuse(at, 'unknown_output', `'${key}' is a skill: of it only 'steps.${key}.output' can be read.`);
        return undefined;
      }
      read?.add(key);
      const { value, taken } = walkTemplate(instance.output, rest);
      return { value, taken: taken + 2 };
    };
  }

  private refuse(pointer: string, code: string, message: string): void {
    if (!this.problems.some((one) => one.pointer === pointer && one.code === code)) {
      this.problems.push({ pointer, code, message });
    }
  }
}

/** Inside a skill `input` stands for what its step gives it, and its steps have the step's name before their own. */
const insideSubstitution =
  (stepId: string, own: ReadonlySet<string>, input: JsonValue): Substitution =>
  ({ root, keys }: WrittenPath): Substitute | undefined => {
    if (root === 'input') return walkTemplate(input, keys);
    const [key] = keys;
    if (root !== 'steps' || typeof key !== 'string' || !own.has(key)) return undefined;
    return { value: `\${{ steps[${JSON.stringify(inlinedKey(stepId, key))}] }}`, taken: 1 };
  };

const both = (one: string | undefined, other: string | undefined): string | undefined =>
  one === undefined || other === undefined ? (one ?? other) : `(${one}) && (${other})`;

/** An expression without the `${{ }}` that it may stand in. */
const bare = (text: string): string => /^\s*\$\{\{([\s\S]*)\}\}\s*$/.exec(text)?.[1]?.trim() ?? text;

/** Says of a problem of the inlined plan where it stands in the plan as it was written. */
export function problemAtOrigin(problem: Problem, { origins }: Pick<Inlined, 'origins'>, pointer = '/plan'): Problem {
  const [, index, rest = ''] = new RegExp(`^${pointer}/steps/(\\d+)(/.*)?$`).exec(problem.pointer) ?? [];
  const origin = index === undefined ? undefined : origins[Number(index)];
  if (!origin) return problem;
  const at = `${pointer}/steps/${origin.index}`;
  if (!origin.of) return { ...problem, pointer: at + rest };
  const { skill, step } = origin.of;
  return { ...problem, pointer: `${at}/skill`, message: `In skill '${skill}', step '${step}': ${problem.message}` };
}
