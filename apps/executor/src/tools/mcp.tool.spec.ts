import type { EffectClass, JsonObject, JsonValue } from '@muster/domain';
import type { ToolAnswer } from '@muster/ledger';
import { type McpServers, pinOf, readMcpServers } from '@muster/mcp';
import { Egress } from '@muster/resilience';
import { ACT, type FakeTool, FickleServer } from '../../../../test/support/mcp/servers';
import { until } from '../../../../test/support/until';
import { McpTool } from './mcp.tool';
import { aCall } from './testing/calls';
import type { ToolCall } from './tool';

jest.setTimeout(60_000);

let server: FickleServer;
let tool: McpTool;
beforeEach(() => {
  server = new FickleServer(ACT);
  tool = new McpTool(serversOf({ fickle: { command: server.command } }), new Egress(['127.0.0.0/8']));
});
afterEach(async () => {
  await tool.close();
  await server.remove();
});

const serversOf = (servers: Record<string, JsonObject>): McpServers => readMcpServers(JSON.stringify(servers), {});

interface Asked extends Partial<Pick<ToolCall, 'signal' | 'timeoutMs'>> {
  readonly effect?: EffectClass;
  readonly input?: JsonValue;
  readonly known?: FakeTool;
  readonly on?: string;
}

function call({
  effect = 'opaque',
  input = {},
  known = ACT,
  on = 'fickle',
  ...given
}: Asked = {}): Promise<ToolAnswer> {
  const { name, inputSchema, outputSchema = {} } = known;
  const pin = pinOf({ input: known.inputSchema, output: known.outputSchema });
  const contract = { effect, input: inputSchema, output: outputSchema };
  return tool.call(aCall({ type: 'mcp', server: on, tool: name, pin }, { contract, input, ...given }));
}

const bodyOf = (answer: ToolAnswer): JsonValue =>
  answer.kind === 'output' || answer.kind === 'errored' ? (JSON.parse(answer.body.toString()) as JsonValue) : null;

describe('a call of a tool of an MCP server', () => {
  it('gives back its structured content, and says under which operation it came', async () => {
    const answer = await call({ input: { do: 'ok' } });

    expect([answer.kind, bodyOf(answer)]).toEqual(['output', { done: true }]);
    expect(server.calls).toMatchObject([
      {
        name: 'act',
        arguments: { do: 'ok' },
        meta: { 'muster/operationId': `op_${'1'.repeat(32)}`, 'muster/attempt': 1 },
      },
    ]);
  });

  it('gives back its content where there is nothing structured', async () => {
    expect(bodyOf(await call({ input: { do: 'words' } }))).toEqual({ content: [{ type: 'text', text: 'done' }] });
  });

  it('shares one server with every other call, many at a time', async () => {
    await Promise.all(Array.from({ length: 20 }, () => call()));

    expect(server.calls).toHaveLength(20);
    expect(new Set(server.log.map(({ pid }) => pid)).size).toBe(1);
    expect(server.lists).toBe(1);
  });

  it('is known to have done nothing after an error only where its class says that it never does anything', async () => {
    const unknown = { kind: 'errored', code: 'mcp_tool_error', message: expect.stringContaining('The disk is full.') };

    expect(await call({ effect: 'opaque', input: { do: 'error' } })).toMatchObject(unknown);
    expect(await call({ effect: 'keyed', input: { do: 'error' } })).toMatchObject(unknown);
    expect(await call({ effect: 'none', input: { do: 'error' } })).toMatchObject({ ...unknown, kind: 'rejected' });
  });

  it('is unknown after an error of the protocol that is not about the request', async () => {
    const unknown = { kind: 'errored', code: 'mcp_protocol_error' };

    expect(await call({ effect: 'opaque', input: { do: 'fault' } })).toMatchObject(unknown);
    expect(await call({ effect: 'none', input: { do: 'fault' } })).toMatchObject(unknown);
  });

  it('is unknown when the server dies under it, and the next one finds a new server', async () => {
    expect(await call({ input: { do: 'die' } })).toMatchObject({ kind: 'no-answer', code: 'reset' });
    expect(await call()).toMatchObject({ kind: 'output' });
    expect(new Set(server.calls.map(({ pid }) => pid)).size).toBe(2);
  });

  it('is unknown when it is aborted, and the server is asked to stop', async () => {
    const cancel = new AbortController();
    const answering = call({ input: { do: 'hang' }, signal: cancel.signal });
    await until(() => server.calls.length === 1, { what: 'the call' });

    cancel.abort();

    expect(await answering).toMatchObject({ kind: 'no-answer', code: 'aborted' });
    await until(() => server.log.some(({ what }) => what === 'cancelled'), { what: 'the word to stop' });
  });

  it('is unknown when its time is up; a server that still answers is kept', async () => {
    await call();

    expect(await call({ input: { do: 'hang' }, timeoutMs: 100 })).toMatchObject({ kind: 'no-answer', code: 'timeout' });
    expect(await call()).toMatchObject({ kind: 'output' });
    expect(new Set(server.calls.map(({ pid }) => pid)).size).toBe(1);
  });

  it('finds a new server after one that answers nothing any more', async () => {
    await call();
    await call({ input: { do: 'freeze' }, timeoutMs: 100 });

    const revived = await until(async () => (await call({ timeoutMs: 1_000 })).kind === 'output', {
      what: 'a new server',
    });

    expect(revived).toBe(true);
    expect(new Set(server.calls.map(({ pid }) => pid)).size).toBe(2);
  });
});

describe('a call that may not go out', () => {
  it('is not sent when it was aborted before', async () => {
    expect(await call({ signal: AbortSignal.abort() })).toMatchObject({
      kind: 'not-sent',
      code: 'aborted_before_send',
    });
    expect(server.calls).toEqual([]);
  });

  it('is refused where the operator has no server of the name', async () => {
    expect(await call({ on: 'other' })).toMatchObject({ kind: 'rejected', code: 'mcp_server_unknown' });
  });

  it('is not sent where the server cannot be started, and says why', async () => {
    const absent = serversOf({
      nowhere: { command: ['/nowhere/to/be/found'] },
      broken: { command: [process.execPath, '-e', 'console.error("no licence"); process.exit(1)'] },
    });
    const lost = new McpTool(absent, new Egress([]));
    const callOf = (on: string) =>
      lost.call(aCall({ type: 'mcp', server: on, tool: 'act', pin: pinOf({ input: ACT.inputSchema }) }));

    expect(await callOf('nowhere')).toMatchObject({ kind: 'not-sent', code: 'mcp_server_away' });
    expect(await callOf('broken')).toMatchObject({ kind: 'not-sent', message: expect.stringContaining('no licence') });
    await lost.close();
  });
});

describe('a tool that is not what was registered', () => {
  const WIDER: FakeTool = {
    ...ACT,
    inputSchema: { type: 'object', properties: { do: { type: 'string' }, as: { type: 'string' } } },
  };

  it('is not called: nothing is sent, and the answer says what changed and what to do', async () => {
    server.list(WIDER);

    const answer = await call();

    expect(answer).toMatchObject({ kind: 'rejected', code: 'mcp_drift' });
    expect(answer).toMatchObject({
      message: expect.stringMatching(/\/additionalProperties is gone, \/properties\/as is new/),
    });
    expect(answer).toMatchObject({ message: expect.stringMatching(/register a new version/) });
    expect(server.calls).toEqual([]);
  });

  it.each<[string, FakeTool[], RegExp]>([
    ['is not listed any more', [], /does not list it/],
    ['has lost its output schema', [{ name: 'act', inputSchema: ACT.inputSchema }], /output schema is gone/],
    [
      'promises another output',
      [{ ...ACT, outputSchema: { type: 'object' } }],
      /output schema changed \(\/properties is gone/,
    ],
  ])('is not called when it %s', async (_how, listed, why) => {
    server.list(...listed);

    expect(await call()).toMatchObject({ kind: 'rejected', code: 'mcp_drift', message: expect.stringMatching(why) });
    expect(server.calls).toEqual([]);
  });

  it('is found out while the connection stands, and called again once it is what was registered', async () => {
    await call();
    server.list(WIDER);
    await until(async () => (await call()).kind === 'rejected', { what: 'the change being noticed' });
    const sent = server.calls.length;
    expect(await call()).toMatchObject({ code: 'mcp_drift' });
    expect(server.calls).toHaveLength(sent);

    expect(await call({ known: WIDER })).toMatchObject({ kind: 'output' });
  });
});

describe('a server behind an address', () => {
  const reach = async (url: string, allow = ['127.0.0.0/8'], headers: JsonObject = {}) => {
    await tool.close();
    tool = new McpTool(serversOf({ fickle: { url, headers } }), new Egress(allow));
  };

  it('is called like one that was started here', async () => {
    await reach(await server.serve());

    expect(bodyOf(await call())).toEqual({ done: true });
    expect(await call({ input: { do: 'error' } })).toMatchObject({ kind: 'errored', code: 'mcp_tool_error' });
  });

  it('is out of reach where egress does not allow it', async () => {
    await reach(await server.serve(), []);

    expect(await call()).toMatchObject({ kind: 'rejected', code: 'egress_denied' });
    expect(server.log).toEqual([]);
  });

  it('leaves the outcome unknown when it dies under a call, without waiting for the time to be up', async () => {
    await reach(await server.serve());
    await call();

    expect(await call({ input: { do: 'die' } })).toMatchObject({ kind: 'no-answer', code: 'reset' });
  });

  it('is known not to have been asked when nobody listens there', async () => {
    await reach(await server.serve());
    await call();
    await server.kill();

    expect(await call()).toMatchObject({ kind: 'not-sent', code: 'connection_refused' });
    expect(await call()).toMatchObject({ kind: 'not-sent', code: 'mcp_server_away' });
  });

  it('is known not to have looked at a call of a session that it forgot; the next call begins another', async () => {
    const url = await server.serve();
    await reach(url);
    await call();
    await server.kill();
    await server.serve(Number(new URL(url).port));

    expect(await call()).toMatchObject({ kind: 'not-sent', code: 'mcp_session_lost' });
    expect(await call()).toMatchObject({ kind: 'output' });
  });

  it('is asked for its list again after a while, and where it has forgotten the session reached anew', async () => {
    const url = await server.serve();
    await reach(url);
    await call();
    await server.kill();
    await server.serve(Number(new URL(url).port));
    const later = performance.now() + 61_000;
    const clock = jest.spyOn(performance, 'now').mockReturnValue(later);

    const ends = [await call(), await call()].map(({ kind }) => kind);

    clock.mockRestore();
    expect(ends).toEqual(['not-sent', 'output']);
    expect(server.calls).toHaveLength(2);
  });

  it('closes the connection of a call that is aborted', async () => {
    await reach(await server.serve());
    const cancel = new AbortController();
    const answering = call({ input: { do: 'hang' }, signal: cancel.signal });
    await until(() => server.calls.length === 1, { what: 'the call' });

    cancel.abort();

    expect(await answering).toMatchObject({ kind: 'no-answer', code: 'aborted' });
    await until(() => server.log.some(({ what }) => what === 'cancelled'), { what: 'the word to stop' });
  });
});
