import { checkContract } from './contract-rules';
import type { ToolContract } from './tool-contract';

const aContract = (changes: Partial<ToolContract> = {}): ToolContract => ({
  name: 'tickets.create',
  version: '1',
  description: 'Opens a ticket.',
  transport: { type: 'http', method: 'POST', url: 'http://127.0.0.1:7850/tools/tickets.create' },
  input: { type: 'object' },
  output: { type: 'object' },
  effect: 'none',
  ...changes,
});
const pin = { input: 'a'.repeat(64) };
const mcp = { type: 'mcp', server: 'memory', tool: 'read_graph', pin } as const;
const probe = {
  method: 'GET',
  url: 'http://127.0.0.1:7850/ops/{operationId}',
  happened: 'response.status == 200 && response.body.applied',
  output: 'response.body.result',
} as const;

describe('a tool contract', () => {
  it('that keeps every rule has no problem', () => {
    const full = aContract({
      effect: 'probed',
      dedupeWindowMs: 1,
      probe,
      definite: { rejected: [400, 404, 409, 422], notDone: [429, 503] },
      compensate: { tool: 'tickets.close', input: { id: '${{ output.id }}' } },
      retry: { backoffMs: 200, maxBackoffMs: 30_000 },
    });

    expect(checkContract(full)).toEqual([]);
    expect(checkContract(aContract({ transport: { type: 'process', argv: ['/usr/bin/true'] } }))).toEqual([]);
    expect(checkContract(aContract({ transport: { type: 'builtin', name: 'echo' } }))).toEqual([]);
    expect(checkContract(aContract({ transport: mcp }))).toEqual([]);
    expect(checkContract(aContract({ transport: { type: 'function' } }))).toEqual([]);
    expect(checkContract(aContract({ transport: { type: 'function', name: 'open' }, effect: 'opaque' }))).toEqual([]);
  });

  it.each<[string, Partial<ToolContract>, string]>([
    ['a bad name', { name: 'Not-A-Name' }, '/name'],
    ['a name too long', { name: 'x'.repeat(129) }, '/name'],
    ['keyed without a window', { effect: 'keyed' }, '/dedupeWindowMs'],
    ['probed without a probe', { effect: 'probed' }, '/probe'],
    ['a relative address', { transport: { type: 'http', method: 'GET', url: '/tools' } }, '/transport/url'],
    ['another scheme', { transport: { type: 'http', method: 'GET', url: 'file:///etc/passwd' } }, '/transport/url'],
    ['a password', { transport: { type: 'http', method: 'GET', url: 'http://a:b@c/' } }, '/transport/url'],
    ['a model behind it', { transport: { type: 'model', model: 'fast' } }, '/transport/type'],
    ['no program', { transport: { type: 'process', argv: [] } }, '/transport/argv'],
    ['no MCP server', { transport: { ...mcp, server: '' } }, '/transport/server'],
    ['no tool of it', { transport: { ...mcp, tool: '' } }, '/transport/tool'],
    ['a pin that is no hash', { transport: { ...mcp, pin: { input: 'x' } } }, '/transport/pin/input'],
    ['an output pin that is none', { transport: { ...mcp, pin: { ...pin, output: '' } } }, '/transport/pin/output'],
    ['an end that MCP has not', { transport: mcp, probe: { ...probe, absentAfterMs: 1 } }, '/probe/absentAfterMs'],
    ['a bad name of a function', { transport: { type: 'function', name: 'Open It' } }, '/transport/name'],
    ['a function that is asked about', { transport: { type: 'function' }, effect: 'probed', probe }, '/effect'],
    ['a function said to be ours', { transport: { type: 'function' }, effect: 'transactional' }, '/effect'],
    ['a bad input schema', { input: { type: 'nonsense' } }, '/input'],
    ['a remote reference', { output: { $ref: 'https://example.com/x' } }, '/output'],
    ['2xx as definite', { definite: { rejected: [200] } }, '/definite/rejected/0'],
    ['one status in both', { definite: { rejected: [404], notDone: [429, 404] } }, '/definite/notDone/1'],
    ['in progress', { effect: 'keyed', dedupeWindowMs: 1, definite: { notDone: [409] } }, '/definite/notDone/0'],
    ['a probe about nothing', { probe: { ...probe, url: 'http://127.0.0.1/ops' } }, '/probe/url'],
    ['a probe of a step', { probe: { ...probe, happened: 'steps.a.output' } }, '/probe/happened'],
    ['a broken probe', { probe: { ...probe, output: 'response.' } }, '/probe/output'],
    ['a bad compensation', { compensate: { tool: 'No', input: {} } }, '/compensate/tool'],
    ['an unknown variable', { compensate: { tool: 'a', input: { x: '${{ item }}' } } }, '/compensate/input/x'],
    ['backoff past its cap', { retry: { backoffMs: 2, maxBackoffMs: 1 } }, '/retry/maxBackoffMs'],
  ])('with %s is refused there', (_what, changes, pointer) => {
    expect(checkContract(aContract(changes), '/contract').map((p) => p.pointer)).toEqual([`/contract${pointer}`]);
  });
});
