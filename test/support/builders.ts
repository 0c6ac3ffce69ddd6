import type { TaskRequest } from '@muster/client';
import type { EffectClass, JsonObject, PlanDocument, StepDocument, ToolContract } from '@muster/domain';

const ANY_OBJECT: JsonObject = { type: 'object' };
/** No answer of a local server takes so long, whatever else the machine does; a test of a hanging tool says less. */
const TIMEOUT_MS = 10_000;

/** A contract of a tool on `serverUrl` (test/support/tool-server.ts); what is given replaces the default. */
export function aTool(
  name: string,
  effect: EffectClass,
  serverUrl: string,
  given: Partial<ToolContract> = {},
): ToolContract {
  return {
    name,
    version: '1',
    description: 'A tool of the tests.',
    transport: { type: 'http', method: 'POST', url: `${serverUrl}/tools/${name}` },
    input: ANY_OBJECT,
    output: ANY_OBJECT,
    effect,
    definite: { rejected: [400, 404, 422], notDone: [429, 503] },
    timeoutMs: TIMEOUT_MS,
    retry: { maxAttempts: 5, backoffMs: 20, maxBackoffMs: 200 },
    ...(effect === 'keyed' && { dedupeWindowMs: 86_400_000 }),
    ...(effect === 'probed' && { probe: aProbe(serverUrl) }),
    ...given,
  };
}

function aProbe(serverUrl: string): ToolContract['probe'] {
  return {
    method: 'GET',
    url: `${serverUrl}/ops/{operationId}`,
    happened: 'response.status == 200 && response.body.applied',
    output: 'response.body.result',
    absentAfterMs: 100,
  };
}

/** A step that calls `tool`, named after it unless an id is given. */
export function aStep(tool: string, given: Partial<StepDocument> = {}): StepDocument {
  return { id: tool.replaceAll('.', '_'), tool, ...given };
}

export const aPlan = (...steps: StepDocument[]): PlanDocument => ({ steps });

/** Steps one after the other, each needing the one before. */
export function aChain(tool: string, length: number): PlanDocument {
  const steps = Array.from({ length }, (_, index) => ({
    id: `s${index}`,
    tool,
    input: { n: index },
    ...(index > 0 && { needs: [`s${index - 1}`] }),
  }));
  return { steps };
}

/** A body of POST /v1/tasks. */
export const aTask = (plan: PlanDocument, given: Partial<TaskRequest> = {}): TaskRequest => ({ plan, ...given });
