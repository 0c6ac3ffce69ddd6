import {
  type AgentCall,
  callKey,
  compileSchema,
  type JsonValue,
  LIMITS,
  operationId,
  PLAN_REPAIRS_MAX,
  type Problem,
  placeUnder,
  type StepCondition,
} from '@muster/domain';
import type { ModelAnswer, ModelToolCall } from '@muster/models';
import { agentOf, agentsAbove, depthLimitOf, overBudget, settleModelCall } from './agent-budget';
import { judgeCalls } from './agent-calls';
import { isFresh, type Judged } from './call-identity';
import { dispatch } from './dispatching';
import type { Draft } from './draft';
import { failStep, skipStep, succeedStep } from './endings';
import { failureOf, type GivingUp } from './failure';
import { isPlanning, judgeProposal } from './planning';
import type { AgentFacts, CallFacts, FailureRecord, StepRow } from './snapshot';
import { isHopeless, linked } from './sub-plans';

/**
 * The loop of an agent, driven from here: every call of its model, of a tool and of another agent is a step of its own,
 * so that whatever is known of steps (claims, retries, probes, parking, budgets, crashes) holds for it as well. The agent
 * itself waits, and holds no slot (docs/decisions/0012).
 */

type Running = Extract<StepCondition, { kind: 'agent' }>;

/** Its needs are met: its model is asked for the first time. */
export function startAgent(draft: Draft, step: StepRow): void {
  const condition: Running = { kind: 'agent', round: 0, calls: 0, idle: 0, repairs: 0 };
  const agent = draft.change(
    step.id,
    { state: 'waiting', condition, waitingOn: 0, dueAt: null, startedAt: draft.now },
    { type: 'step.waiting', data: { reason: 'agent' } },
  );
  const agents = [agent, ...agentsAbove(draft, agent)];
  if (agents.length > Math.min(depthLimitOf(draft, agents), LIMITS.AGENT_DEPTH_MAX)) {
    return failAgent(draft, agent, overBudget('depth', 'of an agent above it, or of the task,'));
  }
  askModel(draft, agent, {});
}

/** Looked at because something was put off until it was committed. */
export function lookAtAgent(draft: Draft, agent: StepRow): void {
  if (agent.waitingOn === 0) goOn(draft, agent);
}

/** One of its calls has ended; with the last of a round it goes on. */
export function endCall(draft: Draft, call: StepRow): void {
  const agent = draft.step(call.parentId!);
  if (agent.condition.kind !== 'agent') return;
  const after = draft.change(agent.id, { waitingOn: agent.waitingOn - 1 });
  if (after.waitingOn === 0) goOn(draft, after);
}

function goOn(draft: Draft, agent: StepRow): void {
  const facts = draft.agentFacts(agent);
  const { round } = runningOf(agent);
  const calls = facts.calls.filter(({ call }) => call.round === round);
  // An answer whose fate was concluded just now can be read only after the commit.
  if (calls.some(({ id }) => draft.isConcluded(id))) return putOff(draft, agent);
  const [model, ...requested] = calls;
  if (requested.length > 0) return endRound(draft, agent, facts);
  const ended = draft.step(model!.id);
  if (ended.state === 'succeeded') foldAnswer(draft, agent, ended, facts);
  else failWith(draft, agent, ended.failure);
}

const runningOf = (agent: StepRow): Running => agent.condition as Running;

/** Looked at next, right after this commit; past due from now on, so that it cannot be forgotten. */
function putOff(draft: Draft, agent: StepRow): void {
  draft.change(agent.id, { dueAt: draft.now });
  draft.followUps.push({ kind: 'look', stepId: agent.id });
}

function foldAnswer(draft: Draft, agent: StepRow, model: StepRow, { answer: recorded, ...facts }: AgentFacts): void {
  const answer = JSON.parse(recorded ?? 'null') as ModelAnswer | null;
  if (!answer) return failAgent(draft, agent, { ...UNREADABLE });
  const { inputTokens, outputTokens, costUsd } = answer.usage;
  settleModelCall(draft, model, { tokens: inputTokens + outputTokens, costUsd });
  const settled = draft.step(agent.id);
  if (isPlanning(agent)) return foldProposal(draft, settled, model, answer);
  if (answer.toolCalls.length > 0) return makeCalls(draft, settled, answer.toolCalls, { ...facts, answer: recorded });
  const problems = problemsOf(answer, agentOf(draft, agent).output);
  if (problems) repair(draft, settled, problems);
  else finish(draft, settled, model, answer.output);
}

/** A plan that passes the rules is the task's from here on; one that does not goes back with the reasons, so many times. */
function foldProposal(draft: Draft, planning: StepRow, model: StepRow, answer: ModelAnswer): void {
  const judged = judgeProposal(draft, answer);
  if (judged.kind === 'plan') {
    judged.adopt(planning);
    draft.change(planning.id, { operationId: model.operationId, dueAt: null });
    return succeedStep(draft, draft.step(planning.id));
  }
  const refuse = (message: string) =>
    failAgent(draft, planning, { exitReason: 'plan_refused', retryClass: 'definite', message });
  if (judged.kind === 'refused') return refuse(judged.message);
  const repairs = runningOf(planning).repairs + 1;
  const problems = judged.problems.slice(0, PROBLEMS_SENT_MAX);
  if (repairs <= PLAN_REPAIRS_MAX) return askModel(draft, planning, { repairs }, problems);
  const said = problems.map(({ pointer, message }) => `${pointer || '/'} ${message}`).join('; ');
  refuse(`${repairs} plans were refused; of the last one: ${said}`);
}

/** As many as a model can do something about at once; the rest it hears of next time. */
const PROBLEMS_SENT_MAX = 50;

const UNREADABLE: GivingUp = {
  exitReason: 'answer_unreadable',
  retryClass: 'definite',
  message: 'The recorded answer of the model cannot be read.',
};

/** Why a final answer is none; null where it is what the contract says. */
const problemsOf = (answer: ModelAnswer, schema: Parameters<typeof compileSchema>[0]): readonly string[] | null =>
  answer.problem ? [answer.problem] : compileSchema(schema)(answer.output);

function repair(draft: Draft, agent: StepRow, problems: readonly string[]): void {
  const repairs = runningOf(agent).repairs + 1;
  if (repairs <= LIMITS.AGENT_REPAIRS_MAX) return askModel(draft, agent, { repairs });
  const message = `The final answer is not what the contract says, ${repairs} times: ${problems.join('; ')}`;
  failAgent(draft, agent, { exitReason: 'output_invalid', retryClass: 'definite', message });
}

function finish(draft: Draft, agent: StepRow, model: StepRow, answer: JsonValue): void {
  draft.keepFinal(agent, answer);
  const done = draft.change(agent.id, { operationId: model.operationId, dueAt: null });
  if (!draft.compiled(done).needsVerdict) return succeedStep(draft, done);
  draft.change(
    done.id,
    { state: 'verifying', condition: { kind: 'verdict', round: done.epoch }, dueAt: draft.now + LIMITS.VERDICT_DUE_MS },
    { type: 'step.verifying', data: {} },
  );
  draft.ring({ to: 'verifier', step: { id: done.id, epoch: done.epoch } });
}

function askModel(draft: Draft, agent: StepRow, change: Partial<Running>, problems?: readonly Problem[]): void {
  const running = runningOf(agent);
  const round = running.round + 1;
  const call: AgentCall = { kind: 'model', round, callers: callersOf(agent), ...(problems && { problems }) };
  const rows = addCalls(draft, agent, [{ call, contractHash: agent.contractHash }]);
  if (!rows) return;
  draft.change(agent.id, {
    waitingOn: 1,
    dueAt: null,
    condition: { ...runningOf(draft.step(agent.id)), ...change, round },
  });
  dispatch(draft, rows[0]!);
}

const callersOf = (agent: StepRow): readonly string[] =>
  agent.call?.kind === 'agent' ? agent.call.callers! : [agent.tool];

function makeCalls(draft: Draft, agent: StepRow, requests: readonly ModelToolCall[], facts: AgentFacts): void {
  const { round, calls } = runningOf(agent);
  const fanOut = fanOutOf(draft, agent);
  const judged = judgeCalls(requests, {
    ...{ snapshot: draft.snapshot, facts, round, callers: callersOf(agent), agentHash: agent.contractHash, fanOut },
    keyOf: (n) => callKey(agent.key, calls + n + 1),
  });
  if (judged.length > fanOut) return failAgent(draft, agent, overBudget('fanOut', `for one answer (${fanOut} calls)`));
  const rows = addCalls(draft, agent, judged);
  if (!rows) return;
  const open = rows.filter((row) => !skipUnsent(draft, row));
  draft.change(agent.id, { waitingOn: open.length, dueAt: null });
  for (const row of open) begin(draft, row, facts);
  if (open.length === 0) endRound(draft, draft.step(agent.id), draft.agentFacts(agent));
}

function fanOutOf(draft: Draft, agent: StepRow): number {
  const own = [agent, ...agentsAbove(draft, agent)].map((one) => agentOf(draft, one).budget.fanOut);
  return Math.min(...own, draft.task.budget.fanOut ?? Number.POSITIVE_INFINITY, LIMITS.AGENT_FAN_OUT_MAX);
}

/** One that waits for others of its sub-plan is met by their ends (propagation.ts). */
function begin(draft: Draft, row: StepRow, facts: AgentFacts): void {
  if (isHopeless(row, facts)) skipStep(draft, draft.step(row.id), 'upstream_failed', false);
  else if (row.waitingOn === 0) draft.follow({ kind: 'arrived', id: row.id });
}

/** A call that is refused, or answered by an earlier one, is recorded and never sent. */
function skipUnsent(draft: Draft, { id, call }: StepRow): boolean {
  if (call === null || call.kind === 'model') return false;
  const reason = call.answeredBy ? 'answered_before' : call.refusal?.code;
  if (reason === undefined) return false;
  draft.end(id, 'skipped', { type: 'step.skipped', data: { reason, ...(call.answeredBy && { by: call.answeredBy }) } });
  return true;
}

/** The round is over: its model is asked again, unless nothing new came of it for too long, or the means are spent. */
function endRound(draft: Draft, agent: StepRow, facts: AgentFacts): void {
  const { round, idle: before } = runningOf(agent);
  const starved = facts.calls.find((call) => call.call.round === round && isStarved(call));
  if (starved) return failWith(draft, agent, draft.step(starved.id).failure);
  const idle = isFresh(facts, round, draft.snapshot) ? 0 : before + 1;
  if (idle < LIMITS.AGENT_IDLE_ROUNDS_MAX) return askModel(draft, agent, { idle });
  const message = `${idle} rounds on end brought nothing new.`;
  failAgent(draft, agent, { exitReason: 'no_progress', retryClass: 'definite', message });
}

/** What a sub-agent overspends of its own is its own affair; a tool call found the budget of this one spent, or of all. */
const isStarved = ({ kind, exitReason }: CallFacts): boolean => kind === 'tool' && exitReason === 'budget_exceeded';

/** Adds calls as rows that have not begun; undefined where there is no room for them, and the agent has failed. */
function addCalls(draft: Draft, agent: StepRow, judged: readonly (Judged | ModelCall)[]): StepRow[] | undefined {
  const running = runningOf(agent);
  const lack = roomFor(draft, running.calls, judged.length);
  if (lack) return void failAgent(draft, agent, lack);
  const rows = linked(
    judged.map(({ call, contractHash }, n) => callRow(draft, agent, running.calls + n + 1, call, contractHash)),
  );
  for (const row of rows) draft.addItem({ row, item: JSON.stringify(row.call) });
  draft.change(agent.id, { condition: { ...running, calls: running.calls + rows.length } });
  draft.tell('agent.called', { agent: agent.key, round: rows[0]!.call!.round, open: rows.map((row) => row.key) });
  return rows;
}

interface ModelCall {
  readonly call: AgentCall;
  readonly contractHash: string;
}

function roomFor(draft: Draft, calls: number, more: number): GivingUp | undefined {
  const { steps } = draft.task.budget;
  if (steps !== undefined && draft.task.stepsTotal + more > steps) return overBudget('steps', 'of the task');
  if (calls + more > LIMITS.AGENT_CALLS_MAX) return overBudget('calls', `of any agent (${LIMITS.AGENT_CALLS_MAX})`);
  return undefined;
}

function callRow(draft: Draft, agent: StepRow, n: number, call: AgentCall, contractHash: string): StepRow {
  const key = callKey(agent.key, n);
  const contract = draft.snapshot.contracts.get(contractHash)!;
  return {
    ...agent,
    id: draft.surroundings.newId(),
    key,
    kind: call.kind,
    place: placeUnder(agent.place, n),
    itemIndex: n,
    parentId: agent.id,
    tool: call.kind === 'model' ? contract.name : call.name,
    contractHash,
    lane: contract.lane,
    permit: contract.permit === true,
    state: 'pending',
    epoch: 0,
    rings: 0,
    waitingOn: 0,
    needs: [],
    dependants: [],
    afterStep: null,
    operationId: operationId(agent.taskId, key, agent.planRevision),
    condition: { kind: 'needs' },
    attempts: {},
    call,
    spent: {},
    dueAt: null,
    startedAt: null,
  };
}

function failAgent(draft: Draft, agent: StepRow, { exitReason, retryClass, message }: GivingUp): void {
  failStep(draft, draft.step(agent.id), failureOf(draft, agent, exitReason, retryClass, message));
}

/** One of its calls says why it cannot go on. */
function failWith(draft: Draft, agent: StepRow, failure: FailureRecord | null): void {
  const own = failureOf(draft, agent, 'model_failed', 'definite', 'Its model could not be called.');
  const { exitReason, retryClass, message, operationId: operation, trace } = failure ?? own;
  failStep(draft, draft.step(agent.id), {
    ...own,
    exitReason,
    retryClass,
    message,
    ...(operation ? { operationId: operation } : {}),
    trace,
  });
}
