import {
  isJsonObject,
  type JsonObject,
  LIMITS,
  nearestName,
  type PlanDocument,
  parseSkillRef,
  type SkillContract,
  skillsNamedIn,
} from '@muster/domain';
import { type RegisteredSkill, SkillReader } from '@muster/persistence';
import { Injectable } from '@nestjs/common';
import { hasSoundPlan, type OpenedBody, openPlan, openSkillTask, unopened } from './opened-body';

/** Skills by what plans call them, and the hashes of those that were found. */
export interface FoundSkills {
  readonly skills: ReadonlyMap<string, SkillContract>;
  readonly hashes: readonly string[];
}

export type OpenedTask = OpenedBody & { readonly hashes: readonly string[] };

/** Skills that one task may call, those inside skills among them. */
const SKILLS_MAX = 1_000;

/** Finds the skills that a task names, and puts them in their places. */
@Injectable()
export class SkillShelf {
  constructor(private readonly reader: SkillReader) {}

  async open(tenantId: string, sent: JsonObject): Promise<OpenedTask> {
    if (typeof sent.skill === 'string' && sent.plan === undefined && sent.goal === undefined) {
      return this.openSkill(tenantId, sent, sent.skill);
    }
    if (!namesSkills(sent) || !hasSoundPlan(sent)) return { ...unopened(sent), hashes: [] };
    const { skills, hashes } = await this.under(tenantId, sent.plan as unknown as PlanDocument);
    return { ...openPlan(sent, skills), hashes };
  }

  /** Every skill that a plan calls, directly or through others. */
  async under(tenantId: string, plan: PlanDocument): Promise<FoundSkills> {
    const found = new Map<string, RegisteredSkill>();
    let open: readonly string[] = skillsNamedIn(plan);
    for (let depth = 0; open.length > 0 && depth <= LIMITS.SKILL_DEPTH_MAX && found.size < SKILLS_MAX; depth++) {
      const skills = await Promise.all(open.map(async (name) => [name, await this.find(tenantId, name)] as const));
      for (const [name, skill] of skills) if (skill) found.set(name, skill);
      const inside = skills.flatMap(([, one]) => (one ? skillsNamedIn(one.skill.plan) : []));
      open = [...new Set(inside)].filter((name) => !found.has(name));
    }
    return {
      skills: new Map([...found].map(([name, { skill }]) => [name, skill])),
      hashes: [...new Set([...found.values()].map(({ hash }) => hash))],
    };
  }

  private async openSkill(tenantId: string, sent: JsonObject, name: string): Promise<OpenedTask> {
    const found = await this.find(tenantId, name);
    if (!found) return { ...unopened(sent), problems: [await this.unknown(tenantId, name)], hashes: [] };
    const { skills, hashes } = await this.under(tenantId, found.skill.plan);
    return { ...openSkillTask(sent, found.skill, skills), hashes: [...new Set([found.hash, ...hashes])] };
  }

  private async find(tenantId: string, text: string): Promise<RegisteredSkill | undefined> {
    const ref = parseSkillRef(text);
    return ref && this.reader.one(tenantId, ref.name, ref.version);
  }

  private async unknown(tenantId: string, name: string) {
    const { items } = await this.reader.page(tenantId, { limit: LIMITS.LIST_PAGE_MAX });
    const meant = nearestName(
      name.split('@')[0]!,
      items.map((skill) => String(skill.name)),
    );
    const hint = meant === undefined ? '' : ` Did you mean '${meant}'?`;
    return { pointer: '/skill', code: 'unknown_skill', message: `There is no skill '${name}'.${hint}` };
  }
}

const namesSkills = ({ plan }: JsonObject): boolean =>
  isJsonObject(plan) &&
  Array.isArray(plan.steps) &&
  plan.steps.some((step) => isJsonObject(step) && step.skill !== undefined);
