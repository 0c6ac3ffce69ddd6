import type { CompiledPlan, JsonObject } from '@muster/domain';
import { Injectable } from '@nestjs/common';
import { DOOR_LIMITS } from '../door.limits';
import { HttpProblem } from '../problems/problem';
import type { OpenedTask } from '../skills/skill.shelf';
import { TaskSkills } from '../skills/task.skills';
import { ContractShelf } from './contract.shelf';
import { PinnedContracts } from './pinned.contracts';

/** What was seen of a plan: at least what it pins. */
type Seen = Pick<CompiledPlan, 'body' | 'agents'>;

/**
 * A plan pins contracts and is made of skills, and neither may be replaced under its version any more. One that was
 * replaced between the look and the mark is looked at again.
 */
@Injectable()
export class StandingContracts {
  constructor(
    private readonly shelf: ContractShelf,
    private readonly pinned: PinnedContracts,
    private readonly skills: TaskSkills,
  ) {}

  /** Opens the skills of what was sent, and answers what `look` saw once all of it stands as it was seen. */
  async under<T extends Seen>(
    tenantId: string,
    sent: JsonObject,
    look: (opened: OpenedTask) => Promise<T>,
  ): Promise<{ readonly seen: T; readonly opened: OpenedTask }> {
    for (let round = 1; round <= DOOR_LIMITS.COMPILE_ROUNDS_MAX; round++) {
      const opened = await this.skills.open(tenantId, sent);
      const seen = await look(opened);
      if ((await this.pinned.markUsed(tenantId, seen)) && (await this.skills.markUsed(tenantId, opened)))
        return { seen, opened };
      this.shelf.forget(tenantId);
    }
    const detail =
      'A tool or skill of this plan is being replaced again and again. Try again when its contract stands.';
    throw new HttpProblem(409, 'contract_moving', detail, { retryable: true });
  }
}
