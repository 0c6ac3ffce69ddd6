import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { type MusterClient, MusterProblem, MusterUnreachable, type TaskRequest } from '@muster/client';
import { z } from 'zod';

/** Below the time after which clients of the protocol usually give up on a call. */
const WAIT_MS_MAX = 50_000;

const ID = z.string().describe('Id of the task: tsk_…');
const WAIT_MS = z
  .int()
  .min(0)
  .max(WAIT_MS_MAX)
  .optional()
  .describe('Answer when the task has ended or needs a person, at the latest after this time.');

const SUBMIT = z.strictObject({
  plan: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('Steps of a fixed plan: {steps: [{id, tool, input, needs}], output}. Give this, goal or skill.'),
  goal: z.string().optional().describe('What is wanted, in words; needs grants.'),
  strategy: z
    .enum(['chaining', 'routing', 'sectioning', 'voting', 'orchestrator-workers', 'evaluator-optimizer', 'single'])
    .optional()
    .describe('Of a goal: how its plan divides the work; single: one agent and no plan.'),
  skill: z.string().optional().describe('Name of a plan template.'),
  input: z.record(z.string(), z.unknown()).optional().describe('What expressions see as `input`.'),
  grants: z.array(z.string()).optional().describe('Tools that may be called: names or prefix.*'),
  completion: z.array(z.string()).optional().describe('CEL that must hold for the task to be complete.'),
  invariants: z.array(z.string()).optional().describe('CEL that must hold throughout.'),
  budget: z.record(z.string(), z.number()).optional().describe('The most that the task may use.'),
  deadlineAt: z.string().optional().describe('RFC 3339. When the task is withdrawn if it has not ended.'),
  priority: z.int().min(0).max(9).optional(),
  labels: z.record(z.string(), z.string()).optional(),
  autonomy: z.enum(['workflow', 'supervised', 'agent']).optional(),
  idempotencyKey: z
    .string()
    .optional()
    .describe('The same key with the same body gives the same task. Give one wherever a call may be repeated.'),
});

/** Muster as a server of the protocol: what a model may do with tasks. Decisions that are people's are not among it. */
export function taskServer(client: MusterClient): McpServer {
  const server = new McpServer({ name: 'muster', title: 'Muster', version: '1' });
  server.registerTool(
    'submit',
    {
      description: 'Submits a task to Muster. It is stored when this answers; follow it with get.',
      inputSchema: SUBMIT,
      annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
    },
    ({ idempotencyKey, ...request }) =>
      answer(() => client.tasks.submit(request as unknown as TaskRequest, { idempotencyKey })),
  );
  server.registerTool(
    'get',
    {
      description: 'A task: its state, what it waits for, its output or why it failed.',
      inputSchema: z.strictObject({ id: ID, waitMs: WAIT_MS }),
      annotations: { readOnlyHint: true },
    },
    ({ id, waitMs }, { signal }) => answer(() => client.tasks.get(id, { waitMs, signal })),
  );
  server.registerTool(
    'explain',
    {
      description: 'Why a task is not moving, what will move it, whether a retry is safe, and what a person can do.',
      inputSchema: z.strictObject({ id: ID }),
      annotations: { readOnlyHint: true },
    },
    ({ id }) => answer(() => client.tasks.explain(id)),
  );
  server.registerTool(
    'cancel',
    {
      description: 'Cancels a task: nothing new is sent for it. What has been done stays done and is listed.',
      inputSchema: z.strictObject({ id: ID, reason: z.string().min(1).describe('Kept in the history.') }),
      annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true },
    },
    ({ id, reason }) => answer(() => client.tasks.cancel(id, { reason })),
  );
  return server;
}

/** A refusal is an answer, with everything that it says: the model can mend what it asked for. */
async function answer(ask: () => Promise<object>): Promise<CallToolResult> {
  try {
    const given = (await ask()) as Record<string, unknown>;
    return { content: [{ type: 'text', text: JSON.stringify(given) }], structuredContent: given };
  } catch (fault) {
    if (fault instanceof MusterProblem) {
      const { status, code, message, retryable, errors } = fault;
      return failed({ status, code, message, retryable, errors });
    }
    if (fault instanceof MusterUnreachable)
      return failed({ code: 'unreachable', message: fault.message, retryable: true });
    throw fault;
  }
}

const failed = (problem: object): CallToolResult => ({
  content: [{ type: 'text', text: JSON.stringify(problem) }],
  isError: true,
});
