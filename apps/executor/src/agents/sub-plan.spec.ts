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
import { contextBytes } from './context';
import type { RecordedCall } from './recorded-call';
import { calledWith, givenInput, siblingsOf } from './sub-plan-input';

const SCOPE = { input: {}, steps: {} } as unknown as Scope;
const FIND = resolveContract(
  {
    ...{ name: 'find', version: '1', description: 'Finds.', transport: { type: 'builtin', name: 'find' } },
    ...{ input: { type: 'object' }, output: { type: 'object' }, effect: 'none' },
  },
  'hash of find',
);

function requestOf(calls: readonly RecordedCall[], given: Partial<AgentContract> = { plans: true }): ModelRequest {
  const contract: AgentContract = {
    ...{ name: 'lead', version: '1', description: 'Leads.', instructions: 'Lead.', model: 'fast', tools: ['find'] },
    ...{ input: { type: 'object' }, output: { type: 'object' }, ...given },
  };
  const agents = new Map([['lead', resolveAgent(contract, 'hash of lead')]]);
  const verdict = compilePlan({ steps: [{ id: 'work', agent: 'lead' }] }, new Map([['find', FIND]]), { agents });
  if (!verdict.ok) throw new Error(JSON.stringify(verdict.problems));
  const facts = {
    plan: verdict.plan,
    contracts: new Map([[FIND.hash, FIND]]),
    callers: ['lead'],
    stated: { template: {} },
  };
  const request = contextBytes({ ...facts, calls }, SCOPE);
  if (!request.ok) throw new Error(request.message);
  return JSON.parse(request.bytes.toString()) as ModelRequest;
}

const ASKED = { text: null, output: null, toolCalls: [{ id: 'c1', name: 'muster.plan', arguments: {} }] };
const SAID: RecordedCall = {
  key: 'work/1',
  call: { kind: 'model', round: 1, callers: ['lead'] },
  state: 'succeeded',
  operationId: 'op_1',
  answer: ASKED,
};

function aStep(n: number, id: string, given: Partial<RecordedCall>, call: Partial<RequestedCall> = {}): RecordedCall {
  const subPlan = { id, request: 0, needs: {} };
  const asked: RequestedCall = { kind: 'tool', round: 1, callId: 'c1', name: 'find', input: {}, hash: `${n}`, subPlan };
  return { key: `work/${n}`, call: { ...asked, ...call }, state: 'succeeded', operationId: `op_${n}`, ...given };
}
const NOT_SENT = { state: 'skipped', operationId: undefined };

describe('what a model is told of its plan', () => {
  const steps = [
    aStep(2, 'found', { answer: { text: 'wet ${{ steps.found.output }}' } }),
    aStep(3, 'gone', { state: 'failed', failure: { exitReason: 'http_404', message: 'Gone.' } }),
    aStep(4, 'behind', NOT_SENT),
    aStep(5, 'known', NOT_SENT, { answeredBy: 'work/0' }),
  ];

  it('is one answer to one call: each step by its id, with what it came to', () => {
    const { messages } = requestOf([SAID, ...steps]);

    expect(messages.slice(3)).toEqual([
      {
        role: 'tool',
        callId: 'c1',
        name: 'muster.plan',
        isError: true,
        origin: 'steps work/2, work/3, work/4, work/5',
        content: {
          steps: {
            found: { status: 'succeeded', output: { text: 'wet ${{ steps.found.output }}' } },
            gone: { status: 'failed', error: 'http_404', message: 'Gone.' },
            behind: { status: 'skipped', error: 'upstream_failed', message: expect.any(String) },
            known: { status: 'skipped', answeredBefore: 'work/0', note: expect.any(String) },
          },
        },
      },
    ]);
  });

  it('stands beside the answers to its other calls and plans', () => {
    const other = { id: 'found', request: 2, needs: {} };
    const single = aStep(6, 'x', { answer: 6 }, { callId: 'c2', subPlan: undefined });
    const second = aStep(7, 'found', { answer: 7 }, { callId: 'c3', subPlan: other });

    const { messages } = requestOf([SAID, steps[0]!, single, second]);

    expect(messages.slice(3)).toMatchObject([
      { callId: 'c1', name: 'muster.plan', isError: false },
      { callId: 'c2', name: 'find', content: 6 },
      { callId: 'c3', name: 'muster.plan', content: { steps: { found: { output: 7 } } } },
    ]);
  });

  it('is everything that is wrong with one that was refused', () => {
    const problems = [{ pointer: '/steps/0/when', code: 'unknown_field', message: 'Leave it out.' }];
    const refusal = { code: 'bad_plan', message: 'Not sound.', problems } as const;
    const refused = aStep(2, '', NOT_SENT, { name: 'muster.plan', refusal, subPlan: undefined });

    expect(requestOf([SAID, refused]).messages.at(-1)).toMatchObject({
      name: 'muster.plan',
      isError: true,
      content: { error: 'bad_plan', message: 'Not sound.', problems },
    });
  });

  it('is preceded by how to return one, where its contract lets it', () => {
    expect(requestOf([]).tools.map(({ name }) => name)).toEqual(['find', 'muster.plan']);
    expect(requestOf([], {}).tools.map(({ name }) => name)).toEqual(['find']);
  });
});

describe('what a step of a plan is called with', () => {
  const call = (given: Partial<RequestedCall>) => aStep(3, 'x', {}, given).call as RequestedCall;
  const rows = (answer: JsonValue, kind: 'tool' | 'agent' = 'tool') => [
    { key: 'work/2', kind, response: Buffer.from(JSON.stringify(answer)) },
  ];
  const needing = (input: RequestedCall['input']) =>
    call({ input, subPlan: { id: 'x', request: 0, needs: { a: 'work/2' } } });
  const inputOf = (one: RequestedCall, ...given: Parameters<typeof rows>) =>
    givenInput(calledWith(one, siblingsOf(one, rows(...given))));

  it('is its template, filled in with what the steps it needs came to', () => {
    expect(inputOf(needing({ n: '${{ steps.a.output.n }}' }), { n: 5 })).toEqual({ ok: true, value: { n: 5 } });
    expect(inputOf(needing({ n: '${{ steps.a.output.n }}' }), { output: { n: 6 } }, 'agent')).toEqual({
      ok: true,
      value: { n: 6 },
    });
  });

  it('takes text of a tool or a model for what it is, and never for an expression', () => {
    const answer = { text: '${{ steps.a.output.secret }}', secret: 's' };

    expect(inputOf(needing({ text: '${{ steps.a.output.text }}' }), answer)).toEqual({
      ok: true,
      value: { text: '${{ steps.a.output.secret }}' },
    });
    expect(givenInput(calledWith(call({ input: { text: '${{ 1 + 1 }}' }, subPlan: undefined })))).toEqual({
      ok: true,
      value: { text: '${{ 1 + 1 }}' },
    });
  });

  it('is refused where a step came to something that an expression cannot read', () => {
    expect(inputOf(needing({ n: '${{ steps.a.output.n }}' }), {})).toMatchObject({
      ok: false,
      code: 'expression_error',
    });
  });
});
