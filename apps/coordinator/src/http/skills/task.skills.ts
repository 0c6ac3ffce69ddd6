import type { JsonObject } from '@muster/domain';
import { Injectable } from '@nestjs/common';
import { type OpenedTask, SkillShelf } from './skill.shelf';
import { SkillStore } from './skill.store';

/** What the acceptance of a task has to do with skills: to put them in their places, and to keep them as they are. */
@Injectable()
export class TaskSkills {
  constructor(
    private readonly shelf: SkillShelf,
    private readonly store: SkillStore,
  ) {}

  async open(tenantId: string, sent: JsonObject): Promise<OpenedTask> {
    return this.shelf.open(tenantId, sent);
  }

  /** False where a skill was replaced since it was opened. */
  async markUsed(tenantId: string, { hashes }: OpenedTask): Promise<boolean> {
    return this.store.markUsed(tenantId, hashes);
  }
}
