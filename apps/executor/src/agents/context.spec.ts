import {
  type AgentContract,
  compilePlan,
  type JsonValue,
  type RequestedCall,
  resolveAgent,
  resolveContract,
  type Scope,
} from '@muster/domain';
import type { ModelRequest } from '@muster/models';
import { type ContextFacts, contextBytes } from './context';
import type { RecordedCall } from './recorded-call';

const SCOPE = { input: { topic: 'rain' }, steps: {} } as unknown as Scope;
const INPUT = { topic: '${{ input.topic }}' };

const TOOLS = new Map(
  ['find', 'write', 'vault'].map((name) => [
    name,
    resolveContract(
      {
        name,
        version: '1',
        description: `The tool ${name}.`,
        transport: { type: 'builtin', name },
        input: { type: 'object' },
        output: { type: 'object' },
        effect: 'none',
      },
      `hash of ${name}`,
    ),
  ]),
);

function factsOf(calls: readonly RecordedCall[], given: Partial<AgentContract> = {}): ContextFacts {
  const contract: AgentContract = {
    name: 'clerk',
    version: '1',
    description: 'A clerk.',
    instructions: 'Be brief.',
    model: 'fast',
    input: { type: 'object', properties: { topic: { type: 'string' } } },
    output: { type: 'object', required: ['done'] },
    tools: ['find', 'write'],
    maxOutputTokens: 100,
    ...given,
  };
  const agents = new Map([['clerk', resolveAgent(contract, 'hash of clerk')]]);
  const steps = [
    { id: 'work', agent: 'clerk', input: INPUT },
    { id: 'other', tool: 'vault' },
  ];
  const verdict = compilePlan({ steps }, TOOLS, { agents });
  if (!verdict.ok) throw new Error(JSON.stringify(verdict.problems));
  const contracts = new Map([...TOOLS.values()].map((tool) => [tool.hash, tool]));
  return { plan: verdict.plan, contracts, callers: ['clerk'], stated: { template: INPUT }, calls };
}

const said = (n: number, given: object): RecordedCall => ({
  key: `work/${n}`,
  call: { kind: 'model', round: n, callers: ['clerk'] },
  state: 'succeeded',
  operationId: `op_${n}`,
  answer: { text: null, toolCalls: [], output: null, finishReason: 'stop', ...given } as JsonValue,
});

const asked = (n: number, given: Partial<RecordedCall> = {}, call: Partial<RequestedCall> = {}): RecordedCall => ({
  key: `work/${n}`,
  call: { kind: 'tool', round: 1, callId: `call_${n}`, name: 'find', input: {}, hash: `${n}`, ...call },
  state: 'succeeded',
  operationId: `op_${n}`,
  answer: { n },
  ...given,
});

const calling = (...names: string[]) => ({ toolCalls: names.map((id) => ({ id, name: 'find', arguments: {} })) });

function requestOf(facts: ContextFacts): ModelRequest {
  const request = contextBytes(facts, SCOPE);
  if (!request.ok) throw new Error(request.message);
  return JSON.parse(request.bytes.toString()) as ModelRequest;
}

describe('what a model sees', () => {
  it('is its instructions, its input and its own calls, each with its origin, and the tools it was granted', () => {
    const request = requestOf(factsOf([said(1, calling('call_2')), asked(2)]));

    expect(request.messages).toEqual([
      { role: 'system', text: 'Be brief.', origin: 'instructions' },
      { role: 'user', text: '{"topic":"rain"}', origin: 'input' },
      expect.objectContaining({ role: 'assistant', origin: 'step work/1, operation op_1' }),
      {
        role: 'tool',
        callId: 'call_2',
        name: 'find',
        content: { n: 2 },
        isError: false,
        origin: 'step work/2, operation op_2',
      },
    ]);
    expect(request.tools.map(({ name }) => name)).toEqual(['find', 'write']);
    expect(request).toMatchObject({ model: 'fast', maxOutputTokens: 100, output: { required: ['done'] } });
  });

  it('is the same to the byte, whenever it is put together', () => {
    const calls = [said(1, calling('call_2')), asked(2)];

    expect(contextBytes(factsOf(calls), SCOPE)).toEqual(contextBytes(factsOf(structuredClone(calls)), SCOPE));
  });

  it('tells of a call that was refused, that failed, and that was answered before', () => {
    const refusal = { code: 'not_granted', message: 'No.' } as const;
    const { messages } = requestOf(
      factsOf([
        said(1, calling('call_2', 'call_3', 'call_4')),
        asked(2, { state: 'skipped', operationId: undefined, answer: undefined }, { refusal }),
        asked(3, { state: 'failed', answer: undefined, failure: { exitReason: 'http_404', message: 'Gone.' } }),
        asked(4, { state: 'skipped', operationId: undefined, answer: undefined }, { answeredBy: 'work/0' }),
      ]),
    );

    expect(messages.slice(3)).toMatchObject([
      { isError: true, content: { error: 'not_granted' }, origin: 'step work/2, never sent' },
      { isError: true, content: { error: 'http_404' } },
      { isError: false, content: { answeredBefore: 'work/0' } },
    ]);
  });

  it('says what was wrong with a final answer that was none', () => {
    const { messages } = requestOf(factsOf([said(1, { output: { wrong: 1 } }), said(2, { problem: 'Prose.' })]));

    expect(messages.filter(({ role }) => role === 'user').slice(1)).toMatchObject([
      { text: expect.stringContaining("must have required property 'done'"), origin: 'check of step work/1' },
      { text: expect.stringContaining('Prose.'), origin: 'check of step work/2' },
    ]);
  });

  it('says a long answer once that came twice', () => {
    const long = { text: 'x'.repeat(500) };
    const { messages } = requestOf(
      factsOf([said(1, calling('call_2', 'call_3')), asked(2, { answer: long }), asked(3, { answer: long })]),
    );

    expect(messages.slice(3)).toMatchObject([{ content: long }, { content: { sameAs: 'call_2' } }]);
  });

  it.each([4_000, 8_000, 20_000])(
    'has at most %i bytes: old answers make room, new ones are cut',
    (contextBytesMax) => {
      const long = (n: number) => ({ text: `${n} "quoted"`.repeat(1_000) });
      const facts = factsOf(
        [
          said(1, calling('call_2')),
          asked(2, { answer: long(1) }),
          said(3, calling('call_4')),
          asked(4, { answer: long(2) }),
        ],
        { contextBytesMax },
      );

      const request = contextBytes(facts, SCOPE);

      expect(request.ok && request.bytes.length).toBeLessThanOrEqual(contextBytesMax);
      const { messages } = requestOf(facts);
      expect(messages[3]).toMatchObject({ content: { leftOut: expect.any(String) } });
      expect(messages.at(-1)).toMatchObject({
        content: contextBytesMax === 20_000 ? long(2) : { cutOff: expect.any(String) },
      });
    },
  );

  it('is refused where instructions and input alone are too much, or the input is not what the contract takes', () => {
    const wordy = factsOf([], { instructions: 'x'.repeat(5_000), contextBytesMax: 4_000 });
    const strict = factsOf([], { input: { type: 'object', properties: { topic: { type: 'number' } } } });

    expect(contextBytes(wordy, SCOPE)).toMatchObject({ ok: false, code: 'context_too_large' });
    expect(contextBytes(strict, SCOPE)).toMatchObject({ ok: false, code: 'input_invalid' });
  });

  it('of an agent that another one called is what that one gave, never read as an expression', () => {
    const facts = { ...factsOf([]), given: { input: { topic: '${{ input.topic }}' } } };

    expect(requestOf(facts).messages[1]).toMatchObject({ text: '{"topic":"${{ input.topic }}"}' });
  });
});
