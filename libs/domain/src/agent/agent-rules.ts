import { isToolName, nameProblems } from '../contract-rules';
import type { JsonObject } from '../json';
import { schemaFault } from '../json-schema';
import { grantCheck } from '../plan/grants';
import { NameSuggester } from '../plan/nearest-name';
import type { Problem } from '../plan/plan';
import type { AgentContract } from './agent-contract';

/** What is registered beside it. */
export interface AgentSurroundings {
  readonly tools: Iterable<string>;
  readonly agents: Iterable<string>;
}

/** Everything wrong with an agent that the shape of its fields does not show. Empty: it may be registered. */
export function checkAgent(contract: AgentContract, around: AgentSurroundings): Problem[] {
  const tools = new Set(around.tools);
  const agents = new Set([...around.agents, contract.name]);
  return [
    ...nameProblems(contract),
    ...(isToolName(contract.model) ? [] : [problem('/model', 'bad_name', NAME_RULE)]),
    ...schemaProblems('/input', contract.input),
    ...schemaProblems('/output', contract.output),
    ...grantProblems('/tools', contract.tools, tools, 'tool'),
    ...grantProblems('/delegates', contract.delegates, tools, 'tool'),
    ...grantProblems('/agents', contract.agents, agents, 'agent'),
    ...sharedNameProblems(contract),
  ];
}

const problem = (pointer: string, code: string, message: string): Problem => ({ pointer, code, message });

const NAME_RULE = "A name is lower-case letters and digits, parted by '.', '_' or '-', at most 128 characters.";

function schemaProblems(pointer: string, schema: JsonObject): Problem[] {
  const fault = schemaFault(schema);
  return fault === undefined ? [] : [problem(pointer, 'bad_schema', `Not a JSON Schema (2020-12): ${fault}`)];
}

/** A whole name has to be there; of a prefix whatever is registered when a plan is accepted. */
function grantProblems(
  pointer: string,
  grants: readonly string[] = [],
  known: ReadonlySet<string>,
  entity: 'tool' | 'agent',
): Problem[] {
  const suggester = new NameSuggester();
  return grants.flatMap((grant, i) => {
    const at = `${pointer}/${i}`;
    if (!isToolName(grant.replace(/\.\*$/, ''))) return [problem(at, 'bad_name', `${NAME_RULE} Or a prefix and '.*'.`)];
    if (grant.endsWith('.*') || known.has(grant)) return [];
    const message = `There is no ${entity} '${grant}'.${suggester.suggest(grant, known)}`;
    return [problem(at, `unknown_${entity}`, message)];
  });
}

/** A model knows what it may call by its name alone. */
function sharedNameProblems({ tools = [], agents = [] }: AgentContract): Problem[] {
  const isTool = grantCheck(tools);
  return agents.flatMap((name, i) =>
    isTool(name) ? [problem(`/agents/${i}`, 'ambiguous_name', `'${name}' is granted as a tool as well.`)] : [],
  );
}
