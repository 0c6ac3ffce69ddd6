import { Http, type HttpOptions } from './http';
import { CLIENT_LIMITS } from './limits';
import type { Pruned, Pruning } from './pruning';
import type {
  AgentContract,
  Breaker,
  Diagnosis,
  JsonValue,
  Operation,
  Permit,
  PermitState,
  PlanCheck,
  Queue,
  Readiness,
  Resolution,
  Skill,
  TaskRequest,
  ToolContract,
  Verification,
  Worker,
} from './shapes';
import { Tasks } from './tasks';

/** One Muster, by its address and an API key. Every method answers what the API answers, or throws MusterProblem. */
export class MusterClient {
  readonly tools: Tools;
  readonly agents: Agents;
  readonly tasks: Tasks;
  readonly operations: Operations;
  readonly permits: Permits;
  readonly plans: Plans;
  readonly skills: Skills;
  private readonly http: Http;

  constructor(options: HttpOptions) {
    this.http = new Http(options);
    this.tools = new Tools(this.http);
    this.agents = new Agents(this.http);
    this.tasks = new Tasks(this.http);
    this.operations = new Operations(this.http);
    this.permits = new Permits(this.http);
    this.plans = new Plans(this.http);
    this.skills = new Skills(this.http);
  }

  get url(): string {
    return this.http.url;
  }

  workers(): AsyncGenerator<Worker, void, undefined> {
    return this.http.pages('/v1/workers');
  }

  breakers(): AsyncGenerator<Breaker, void, undefined> {
    return this.http.pages('/v1/breakers');
  }

  queues(): AsyncGenerator<Queue, void, undefined> {
    return this.http.pages('/v1/queues');
  }

  /** Database, queue, workers and every invariant; needs the scope `operate`, and seconds where the tables are large. */
  doctor(): Promise<Diagnosis> {
    return this.http.json('/v1/doctor', { repeatable: true, timeoutMs: CLIENT_LIMITS.DOCTOR_TIMEOUT_MS });
  }

  /** Every task's history put to the proof, newest first; needs the scope `operate`. */
  verifications(): AsyncGenerator<Verification, void, undefined> {
    return this.http.pages('/v1/verification', { limit: CLIENT_LIMITS.VERIFICATIONS_A_PAGE });
  }

  /**
   * Removes finished tasks of the tenant, slice by slice, and says of each slice what it came to; needs the scope
   * `operate`. Whoever stops asking stops it; asked again it goes on.
   */
  async *prune(pruning: Pruning): AsyncGenerator<Pruned, void, undefined> {
    let cursor: string | undefined;
    do {
      const body = { ...pruning, cursor };
      const slice: Pruned = await this.http.json('/v1/prune', { method: 'POST', body, repeatable: true });
      yield slice;
      cursor = slice.nextCursor;
    } while (cursor !== undefined);
  }

  /** Whether it can do its work now, and its own words about what it needs for that. */
  async readiness(): Promise<Readiness> {
    const response = await this.http.send('/health/ready', { signal: AbortSignal.timeout(10_000) });
    const body = (await response.json().catch(() => null)) as JsonValue;
    return { ready: response.ok, status: response.status, body };
  }
}

export class Tools {
  constructor(private readonly http: Http) {}

  /** The same contract again changes nothing; a changed one under a used version is refused (409). */
  put(contract: ToolContract): Promise<ToolContract> {
    return this.http.json(pathOf(contract.name), { method: 'PUT', body: contract, repeatable: true });
  }

  get(name: string): Promise<ToolContract> {
    return this.http.json(pathOf(name), { repeatable: true });
  }

  list(): AsyncGenerator<ToolContract, void, undefined> {
    return this.http.pages('/v1/tools');
  }
}

export class Agents {
  constructor(private readonly http: Http) {}

  /** The same contract again changes nothing; a changed one under a used version is refused (409). */
  put(contract: AgentContract): Promise<AgentContract> {
    return this.http.json(agentPathOf(contract.name), { method: 'PUT', body: contract, repeatable: true });
  }

  get(name: string): Promise<AgentContract> {
    return this.http.json(agentPathOf(name), { repeatable: true });
  }

  list(): AsyncGenerator<AgentContract, void, undefined> {
    return this.http.pages('/v1/agents');
  }
}

export class Operations {
  constructor(private readonly http: Http) {}

  /** A person's word on a parked operation, once; anything else is refused (409). */
  resolve(id: string, resolution: Resolution): Promise<Operation> {
    const path = `/v1/operations/${encodeURIComponent(id)}/resolve`;
    return this.http.json(path, { method: 'POST', body: resolution });
  }
}

export class Permits {
  constructor(private readonly http: Http) {}

  /** Newest first. */
  list(filter: { readonly state?: PermitState; readonly task?: string } = {}): AsyncGenerator<Permit, void, undefined> {
    return this.http.pages('/v1/permits', filter);
  }

  get(id: string): Promise<Permit> {
    return this.http.json(`/v1/permits/${encodeURIComponent(id)}`, { repeatable: true });
  }

  /** Releases exactly one operation, once. Refused (403) under the key that submitted the task. */
  grant(id: string, word: { readonly reason: string; readonly expiresInMs?: number }): Promise<Permit> {
    const path = `/v1/permits/${encodeURIComponent(id)}/grant`;
    return this.http.json(path, { method: 'POST', body: word, repeatable: true });
  }

  /** Nothing is sent, and the step fails for good. */
  deny(id: string, word: { readonly reason: string }): Promise<Permit> {
    const path = `/v1/permits/${encodeURIComponent(id)}/deny`;
    return this.http.json(path, { method: 'POST', body: word, repeatable: true });
  }
}

export class Plans {
  constructor(private readonly http: Http) {}

  /** Every rule of a submission, with nothing run and nothing stored. */
  check(request: TaskRequest): Promise<PlanCheck> {
    return this.http.json('/v1/plans/check', { method: 'POST', body: request, repeatable: true });
  }
}

export class Skills {
  constructor(private readonly http: Http) {}

  /** The same template again changes nothing; a changed one under a used version is refused (409). */
  put(skill: Skill): Promise<Skill> {
    const path = `/v1/skills/${encodeURIComponent(skill.name)}`;
    return this.http.json(path, { method: 'PUT', body: skill, repeatable: true });
  }

  get(name: string): Promise<Skill> {
    return this.http.json(`/v1/skills/${encodeURIComponent(name)}`, { repeatable: true });
  }

  list(): AsyncGenerator<Skill, void, undefined> {
    return this.http.pages('/v1/skills');
  }
}

const agentPathOf = (name: string): string => `/v1/agents/${encodeURIComponent(name)}`;
const pathOf = (name: string): string => `/v1/tools/${encodeURIComponent(name)}`;
