import { type PlanDiffView, RevisePlanRequest, shapeProblems } from '@muster/contracts';
import {
  type CompiledPlan,
  closureOf,
  hashJson,
  type JsonObject,
  type PlanBody,
  type PlanDocument,
  pinNames,
  type StepState,
  showId,
  withApproval,
} from '@muster/domain';
import { HistoryReader, TaskReader } from '@muster/persistence';
import { Injectable } from '@nestjs/common';
import { Lifecycle } from '../../lifecycle/lifecycle.port';
import type { Caller } from '../access/caller';
import { HttpProblem, invalidRequest, noSuchTask } from '../problems/problem';
import type { OpenedTask } from '../skills/skill.shelf';
import { ContractShelf, type Contracts } from '../submission/contract.shelf';
import { StandingContracts } from '../submission/standing.contracts';
import { planProblems } from '../submission/task-rules';

/** Takes a plan in the place of the one that a task goes by, or says why not. */
@Injectable()
export class PlanRevisionDesk {
  constructor(
    private readonly lifecycle: Lifecycle,
    private readonly tasks: TaskReader,
    private readonly history: HistoryReader,
    private readonly shelf: ContractShelf,
    private readonly standing: StandingContracts,
  ) {}

  async revise(caller: Caller, taskId: string, body: JsonObject): Promise<PlanDiffView> {
    const problems = [...shapeProblems(RevisePlanRequest, body), ...planProblems(body.plan)];
    if (problems.length > 0) throw invalidRequest(problems);
    const grants = await this.tasks.grants(caller.tenantId, taskId);
    if (!grants) throw noSuchTask();
    const { replaces, cites = {} } = body as unknown as RevisePlanRequest;
    const look = (opened: OpenedTask) => this.look(caller.tenantId, opened, grants);
    const { seen, opened } = await this.standing.under(caller.tenantId, { plan: body.plan! }, look);
    const by = showId('key', caller.keyId);
    const reply = await this.lifecycle.revise(taskId, {
      document: seen.body.document,
      replaces,
      cites: Object.fromEntries(Object.entries(cites).map(([key, state]) => [key, asStored(state)])),
      by,
      request: hashJson({ by, plan: body.plan! }),
      grants,
      ...seen.contracts,
    });
    switch (reply?.kind) {
      case 'revised':
        return (await this.history.planDiff(caller.tenantId, taskId, replaces, reply.revision))!;
      case 'refused':
        throw invalidRequest(reply.problems.map((problem) => opened.toSent(problem)));
      case 'stale':
        throw stale(reply.reason);
      default:
        throw stale('The task has ended.');
    }
  }

  private async look(tenantId: string, opened: OpenedTask, grants: readonly string[]): Promise<Seen> {
    if (opened.problems.length > 0) throw invalidRequest(opened.problems);
    const contracts = await this.shelf.of(tenantId);
    const body = namedIn(opened.body.plan as unknown as PlanDocument, contracts, grants);
    return { body, agents: contracts.agents, contracts };
  }
}

interface Seen extends Pick<CompiledPlan, 'body' | 'agents'> {
  readonly contracts: Contracts;
}

/** What the names of a plan, and of all that its agents may call, stand for now; unknown ones are for the rules to find. */
function namedIn(document: PlanDocument, { tools, agents }: Contracts, grants: readonly string[]): PlanBody {
  const closure = closureOf(document, tools.keys(), agents, grants);
  const shelf = withApproval(document, tools);
  const known = <T>(names: readonly string[], all: ReadonlyMap<string, T>) => names.filter((name) => all.has(name));
  return {
    document,
    pins: pinNames(known(closure.tools, shelf), shelf),
    agents: pinNames(known(closure.agents, agents), agents),
  };
}

// `executing` is what the API calls a dispatched step whose call is under way.
const asStored = (state: string): StepState => (state === 'executing' ? 'dispatched' : (state as StepState));

function stale(reason: string): HttpProblem {
  const detail = `${reason} Nothing was changed: look at the plan again (GET …/plan) and make another one from that.`;
  return new HttpProblem(409, 'stale_plan', detail);
}
