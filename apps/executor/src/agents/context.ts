import {
  type CompiledPlan,
  canonicalJson,
  compileSchema,
  grantsOf,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type Problem,
  type RequestedCall,
  type ResolvedAgent,
  type ResolvedContract,
  type Scope,
  SUB_PLAN,
  SUB_PLAN_FUNCTION,
} from '@muster/domain';
import type { ModelAnswer, ModelMessage, ModelRequest, ModelTool } from '@muster/models';
import { inputProblem, type RequestBytes, renderedInput } from '../input';
import { bounded } from './context-size';
import type { RecordedCall } from './recorded-call';
import { type CalledWith, givenInput } from './sub-plan-input';
import { type CallResult, requestsOf, subPlanResult } from './sub-plan-result';

/** Everything that one call of a model is made of: nothing of its siblings, of other agents, of earlier tasks. */
export interface ContextFacts {
  readonly plan: CompiledPlan;
  /** By hash. */
  readonly contracts: ReadonlyMap<string, ResolvedContract>;
  /** From the plan's own agent down to the one whose model is called. */
  readonly callers: readonly string[];
  /** What another agent called it with; undefined for an agent of the plan, whose input the plan states. */
  readonly given?: CalledWith;
  /** What the plan states for it, with the name and value of a `forEach` item. */
  readonly stated: { readonly template: JsonObject; readonly item?: Readonly<Record<string, JsonValue>> };
  /** In order, up to this call. */
  readonly calls: readonly RecordedCall[];
}

/** The request of a model call, as the bytes that the ledger keeps. Pure: the same records give the same bytes. */
export function contextBytes(facts: ContextFacts, scope: Scope): RequestBytes {
  const agent = facts.plan.agents.get(facts.callers.at(-1)!)!;
  const input = facts.given
    ? givenInput(facts.given)
    : renderedInput(facts.stated.template, { ...scope, ...facts.stated.item } as Scope);
  if (!input.ok) return input;
  const problem = inputProblem(input.value, agent);
  if (problem) return problem;
  const request = bounded(requestOf(facts, agent, input.value), agent.contextBytesMax);
  if (request) return { ok: true, bytes: Buffer.from(canonicalJson(request as unknown as JsonValue)) };
  const message = `What the model would have to see is more than contextBytesMax (${agent.contextBytesMax}) allows.`;
  return { ok: false, code: 'context_too_large', message };
}

function requestOf(facts: ContextFacts, agent: ResolvedAgent, input: JsonValue): ModelRequest {
  return {
    model: agent.model,
    messages: [
      { role: 'system', text: agent.instructions, origin: 'instructions' },
      { role: 'user', text: canonicalJson(input), origin: 'input' },
      ...requestsOf(facts.calls).flatMap((calls, n, all) => messagesOf(calls, all[n + 1]?.[0], agent)),
    ],
    tools: toolsOf(facts, agent),
    output: agent.output,
    maxOutputTokens: agent.maxOutputTokens,
  };
}

/** What it may call and nothing else, tools before agents. */
function toolsOf({ plan, contracts, callers }: ContextFacts, agent: ResolvedAgent): ModelTool[] {
  const grants = grantsOf(plan, callers);
  const tools = grants.tools.map((name) => contracts.get(plan.body.pins[name]!.hash)!);
  const agents = grants.agents.map((name) => plan.agents.get(name)!);
  const functions = agent.plans ? [SUB_PLAN_FUNCTION] : [];
  return [...tools, ...agents, ...functions].map(({ name, description, input }) => ({ name, description, input }));
}

/** Of one request of the model, or of one call to it: a sub-plan is one request with many calls. */
function messagesOf(
  calls: readonly RecordedCall[],
  next: RecordedCall | undefined,
  agent: ResolvedAgent,
): ModelMessage[] {
  const one = calls[0]!;
  if (one.call.kind !== 'model') return [resultMessage(calls, one.call)];
  const answer = one.answer as unknown as ModelAnswer;
  const { text, toolCalls } = answer;
  const said: ModelMessage = { role: 'assistant', text, toolCalls, origin: originOf(one) };
  // A model that is asked again right behind a final answer has to be told what was wrong with it.
  const isRefuted = toolCalls.length === 0 && (next === undefined || next.call.kind === 'model');
  return isRefuted ? [said, repairMessage(one, answer, agent)] : [said];
}

function repairMessage(one: RecordedCall, answer: ModelAnswer, agent: ResolvedAgent): ModelMessage {
  const problems = answer.problem ? [answer.problem] : (compileSchema(agent.output)(answer.output) ?? []);
  const text = `This is not the answer that was asked for: ${problems.join('; ')}. Answer with JSON that fits the schema, and nothing else.`;
  return { role: 'user', text, origin: `check of step ${one.key}` };
}

function resultMessage(calls: readonly RecordedCall[], { callId, name, subPlan }: RequestedCall): ModelMessage {
  const results = calls.map(resultOf);
  if (!subPlan) return { role: 'tool', callId, name, ...results[0]!, origin: originOf(calls[0]!) };
  const origin = `steps ${calls.map(({ key }) => key).join(', ')}`;
  return { role: 'tool', callId, name: SUB_PLAN, ...subPlanResult(calls, results), origin };
}

function originOf({ key, operationId, state }: RecordedCall): string {
  if (operationId !== undefined) return `step ${key}, operation ${operationId}`;
  return state === 'skipped' ? `step ${key}, never sent` : `step ${key}`;
}

function resultOf({ call, state, answer, failure }: RecordedCall): CallResult {
  if (call.kind !== 'model' && call.refusal) return refused(call.refusal);
  if (call.kind !== 'model' && call.answeredBy) return answeredBefore(call.answeredBy);
  if (state === 'succeeded') return { content: answer ?? null, isError: false };
  if (call.kind !== 'model' && call.subPlan && state === 'skipped') return refused(BEHIND_A_FAILURE);
  return refused({ code: failure?.exitReason ?? state, message: failure?.message ?? 'It did not succeed.' });
}

const BEHIND_A_FAILURE = { code: 'upstream_failed', message: 'A step that it needs did not succeed; it never began.' };

const refused = ({ code, message, problems }: Refusal): CallResult => ({
  content: { error: code, message, ...(problems && { problems: problems.map((problem) => ({ ...problem })) }) },
  isError: true,
});

interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly problems?: readonly Problem[];
}

const answeredBefore = (key: string): CallResult => ({
  content: {
    answeredBefore: key,
    note: 'The same call was made before; it was not made again, and its answer stands.',
  },
  isError: false,
});

/** The final answer in what a model said last. */
export const finalOf = (answer: JsonValue | undefined): JsonValue | undefined =>
  isJsonObject(answer) ? (answer.output ?? null) : answer;
