import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import type { ToolContract } from '@muster/domain';
import { aPlan, aStep, aTool } from '../support/builders';
import { Muster } from '../support/muster';
import { ToolServer } from '../support/tool-server';

const CLI = join(__dirname, '../../dist/apps/cli/src/main.js');
const ECHO: ToolContract = {
  name: 'echo',
  version: '1',
  description: 'Gives its input back.',
  transport: { type: 'builtin', name: 'echo' },
  input: { type: 'object' },
  output: { type: 'object' },
  effect: 'none',
};
const WAIT_MS = 30_000;
jest.setTimeout(90_000);

let muster: Muster;
let tools: ToolServer;
let client: Client;

beforeAll(async () => {
  [muster, tools] = await Promise.all([Muster.start(), ToolServer.start()]);
  await muster.register(ECHO, aTool('slow.one', 'opaque', tools.url, { timeoutMs: 60_000 }));
  tools.usually('slow.one', 'hang');
  client = new Client({ name: 'a client', version: '1' });
  const env = { MUSTER_URL: muster.client.url, MUSTER_KEY: muster.key };
  await client.connect(new StdioClientTransport({ command: process.execPath, args: [CLI, 'mcp', 'serve'], env }));
});
afterAll(async () => {
  await client.close();
  await tools.stop();
  await muster.stop();
});

interface Answer {
  readonly isError?: boolean;
  readonly structuredContent?: Record<string, unknown>;
  readonly content: readonly { readonly text: string }[];
}
const ask = async (name: string, args: object): Promise<Answer> =>
  (await client.callTool({ name, arguments: { ...args } })) as unknown as Answer;

async function submitted(...steps: Parameters<typeof aPlan>): Promise<string> {
  const { structuredContent } = await ask('submit', { plan: aPlan(...steps) });
  return String(structuredContent?.id);
}

describe('Muster as an MCP server', () => {
  it('offers submit, get, explain and cancel, each with a schema of its arguments', async () => {
    const { tools: listed } = await client.listTools();

    expect(listed.map(({ name }) => name)).toEqual(['submit', 'get', 'explain', 'cancel']);
    for (const { inputSchema } of listed) expect(inputSchema).toMatchObject({ additionalProperties: false });
  });

  it('runs a task to its end', async () => {
    const id = await submitted(aStep('echo', { input: { n: 7 } }));

    const { structuredContent } = await ask('get', { id, waitMs: WAIT_MS });

    expect(structuredContent).toMatchObject({ id, state: 'completed' });
  });

  it('takes the same key with the same body for the same task', async () => {
    const request = { plan: aPlan(aStep('echo')), idempotencyKey: 'once' };

    const [first, second] = [await ask('submit', request), await ask('submit', request)];

    expect(second.structuredContent?.id).toBe(first.structuredContent?.id);
  });

  it('says everything that is wrong with a plan, so that it can be mended', async () => {
    const { isError, content } = await ask('submit', { plan: aPlan(aStep('ecko')) });

    expect(isError).toBe(true);
    expect(JSON.parse(content[0]?.text ?? '')).toMatchObject({
      status: 422,
      errors: [{ pointer: '/plan/steps/0/tool' }],
    });
  });

  it('explains a task that is under way, and cancels it', async () => {
    const id = await submitted(aStep('slow.one'));

    expect((await ask('explain', { id })).structuredContent).toMatchObject({ state: 'running' });
    expect((await ask('cancel', { id, reason: 'Enough.' })).isError).toBeUndefined();
    const { state } = await muster.task(id).rests();
    expect(state).toBe('cancelled');
  });

  it('knows of no task that the key may not see', async () => {
    const { isError, content } = await ask('get', { id: 'tsk_00000000000070008000000000000000' });

    expect(isError).toBe(true);
    expect(JSON.parse(content[0]?.text ?? '')).toMatchObject({ status: 404 });
  });
});
