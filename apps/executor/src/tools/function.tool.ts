import type { JsonValue } from '@muster/domain';
import { CLAIM_TOO_OLD, readJson, type ToolAnswer } from '@muster/ledger';
import { startDeadline, untilAborted } from '@muster/resilience';
import { answerOfReturn, answerOfThrow } from './function.answer';
import type { LoadedFunction, LoadedFunctions } from './function.modules';
import { stoppedAfterSend, stoppedBeforeSend } from './not-sent';
import type { Tool, ToolCall } from './tool';

/**
 * Calls functions of the operator's modules in this process. Nobody can end a function: one that goes on after its call
 * was stopped is answered for at once, and keeps its place in the bulkhead until it has really ended.
 */
export class FunctionTool implements Tool {
  constructor(private readonly functions: LoadedFunctions) {}

  async call(call: ToolCall): Promise<ToolAnswer> {
    const { name: toolName, transport } = call.contract;
    if (transport.type !== 'function') throw new TypeError(`${toolName} is no function.`);
    const name = transport.name ?? toolName;
    const run = this.functions.get(name);
    if (!run) return unknownFunction(name);
    const input = readJson(call.request);
    if (!input) return { kind: 'rejected', code: 'input_refused', message: 'The input is no JSON that can be read.' };
    const deadline = startDeadline(call.timeoutMs, call.signal);
    try {
      if (deadline.signal.aborted) return stoppedBeforeSend(deadline);
      if (!call.mayLeave()) return CLAIM_TOO_OLD;
      const end = endOf(run, input.value, call, deadline.signal);
      const answer = await Promise.race([end, untilAborted(deadline)]);
      if (answer) return answer;
      call.holdUntil(end);
      return stoppedAfterSend(deadline);
    } finally {
      deadline.clear();
    }
  }
}

/** Another executor may have it, or this one once it is started with it: so it is worth another try. */
const unknownFunction = (name: string): ToolAnswer => ({
  kind: 'not-sent',
  code: 'function_unknown',
  message: `No module of this executor's EXECUTOR_FUNCTIONS has a function ${name}.`,
});

/** Never rejects. */
async function endOf(run: LoadedFunction, input: JsonValue, call: ToolCall, signal: AbortSignal): Promise<ToolAnswer> {
  const { operationId, taskId, stepId, attempt, deadline, traceparent } = call;
  try {
    const told = { idempotencyKey: operationId, taskId, stepId, attempt, deadline, signal, traceparent };
    return answerOfReturn(await run(input, told));
  } catch (error) {
    return answerOfThrow(error);
  }
}
