import { hashJson } from '../canonical-json';
import type { JsonObject, JsonValue } from '../json';
import type { AgentContract, ResolvedAgent } from './agent-contract';
import { resolveAgent } from './agent-contract';

/** Names of Muster's own agents begin so; no registered name has a colon. */
const BUILT_IN = 'muster:';

/** An agent that nobody registered. Its contract leaves nothing to defaults, so that what runs is what is hashed and kept. */
export function builtInAgent(contract: AgentContract): ResolvedAgent {
  const { hash: _none, ...whole } = resolveAgent(contract, '');
  return resolveAgent(whole, hashJson(whole as unknown as JsonValue));
}

/** The contracts of those among these agents, as they are to be kept where plans find them. */
export function builtInContracts(agents: Iterable<ResolvedAgent>): JsonObject[] {
  return [...agents]
    .filter(({ name }) => name.startsWith(BUILT_IN))
    .map(({ hash: _hash, ...contract }) => contract as unknown as JsonObject);
}
