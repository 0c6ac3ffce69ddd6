import { grantCheck } from '../plan/grants';
import type { CompiledPlan, PlanDocument } from '../plan/plan';
import { calleeOf } from '../plan/plan';
import type { ResolvedAgent } from './agent-contract';

/** What one agent may call, by name, in order. */
export interface AgentGrants {
  readonly tools: readonly string[];
  readonly agents: readonly string[];
}

/**
 * What an agent may call that was called by others: `callers` from the agent of the plan down to itself. On the way down
 * grants only shrink: a tool is out of reach once one of them could not have reached it.
 */
export function grantsOf(
  { body, agents }: Pick<CompiledPlan, 'body' | 'agents'>,
  callers: readonly string[],
): AgentGrants {
  const contracts = callers.flatMap((name) => agents.get(name) ?? []);
  const self = contracts.at(-1);
  if (!self || contracts.length < callers.length) return { tools: [], agents: [] };
  const reaches = contracts.map(({ tools, delegates }) => grantCheck([...tools, ...delegates]));
  const isOwn = grantCheck(self.tools);
  const isAgent = grantCheck(self.agents);
  return {
    tools: Object.keys(body.pins).filter((name) => isOwn(name) && reaches.every((reach) => reach(name))),
    agents: [...agents.keys()].filter(isAgent),
  };
}

/** Everything that a plan's agents can come to call, by name, in order; `grants` is what the task may call at all. */
export function closureOf(
  document: PlanDocument,
  tools: Iterable<string>,
  agents: ReadonlyMap<string, ResolvedAgent>,
  grants?: readonly string[],
): AgentGrants {
  const isGranted = grants === undefined ? () => true : grantCheck(grants);
  const reached = new Map<string, ResolvedAgent>();
  const open = document.steps.filter((step) => step.agent !== undefined).map(calleeOf);
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const agent = agents.get(name);
    if (!agent || reached.has(name) || !isGranted(name)) continue;
    reached.set(name, agent);
    open.push(...[...agents.keys()].filter(grantCheck(agent.agents)));
  }
  const isReached = grantCheck([...reached.values()].flatMap((agent) => [...agent.tools, ...agent.delegates]));
  const own = document.steps.filter((step) => step.agent === undefined).map(calleeOf);
  const called = reached.size === 0 ? [] : [...tools].filter((name) => isReached(name) && isGranted(name));
  return { tools: [...new Set([...own, ...called])].sort(), agents: [...reached.keys()].sort() };
}
