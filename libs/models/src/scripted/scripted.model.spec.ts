import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ModelMessage, ModelRequest } from '../model';
import { Models } from '../models';
import { answered, aRequest, endless } from '../testing/requests';

const SCRIPT = `
rules:
  - when: { instructions: You sort, round: 0 }
    say:
      calls:
        - { name: tickets.search, arguments: { q: '\${{ input.title }}', limit: '\${{ round + 3 }}' } }
  - when: { result: tickets.search, if: 'size(results["tickets.search"]) == 0' }
    say: { text: 'Nothing about \${{ input.title }}.' }
  - when: { result: tickets.search }
    say: { output: { first: '\${{ results["tickets.search"][0].id }}', asked: '\${{ input.title }}' } }
  - when: { lastUser: [make, plan] }
    say: { literal: true, output: { input: '\${{ steps.a.output }}' } }
  - when: { lastUser: broken }
    say: { calls: [{ name: a, arguments: '{"q": ' }], finishReason: length, usage: { inputTokens: 7, outputTokens: 3 } }
  - when: { lastUser: wait }
    say: { text: late, afterMs: 600000 }
  - when: { lastUser: missing }
    say: { text: '\${{ input.absent }}' }
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-script-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function modelsOf(script: string): Models {
  const file = join(folder, 'script.yaml');
  writeFileSync(file, script);
  return new Models({ fast: { provider: 'scripted', file, prices: { inputPerMillion: 1, outputPerMillion: 1 } } });
}
const call = (over: Partial<ModelRequest> = {}, time = endless()) => modelsOf(SCRIPT).call(aRequest(over), time);
const saying = (text: string): Partial<ModelRequest> => ({ messages: [{ role: 'user', text, origin: 'input' }] });
const afterSearch = (content: object[]): Partial<ModelRequest> => ({
  messages: [
    ...aRequest().messages,
    { role: 'assistant', text: null, toolCalls: [], origin: 'step a/1' },
    { role: 'tool', callId: 'c', name: 'tickets.search', content, isError: false, origin: 'step a/2' } as ModelMessage,
  ],
});

describe('a scripted model', () => {
  it('calls tools with values of its input', async () => {
    expect(answered(await call())).toMatchObject({
      finishReason: 'tool-calls',
      toolCalls: [{ id: 'call_1_1', name: 'tickets.search', arguments: { q: 'It burns', limit: 3 } }],
    });
  });

  it('goes on by what a tool answered, and quotes it', async () => {
    const found = answered(await call({ ...afterSearch([{ id: 7 }]), output: { type: 'object' } }));
    const nothing = answered(await call(afterSearch([])));

    expect(found.output).toEqual({ first: 7, asked: 'It burns' });
    expect(nothing.text).toBe('Nothing about It burns.');
  });

  it('gives the same request the same answer, whoever asks and how often', async () => {
    const models = modelsOf(SCRIPT);
    const first = await models.call(aRequest(), endless());
    await models.call(aRequest(afterSearch([])), endless());

    expect(await models.call(aRequest(), endless())).toEqual(first);
    expect(await call()).toEqual(first);
  });

  it('fills nothing in where the answer is meant literally', async () => {
    expect(answered(await call({ ...saying('make a plan'), output: {} })).output).toEqual({
      input: '${{ steps.a.output }}',
    });
  });

  it('can say what no good model says, and reports what it costs', async () => {
    expect(answered(await call(saying('broken')))).toMatchObject({
      toolCalls: [{ arguments: null, problem: expect.stringMatching(/cannot be read/) }],
      finishReason: 'length',
      usage: { inputTokens: 7, outputTokens: 3, costUsd: 0.00001 },
    });
    expect(answered(await call()).usage.inputTokens).toBeGreaterThan(10);
  });

  it('stops waiting when it is told to', async () => {
    const controller = new AbortController();
    const result = call(saying('wait'), { signal: controller.signal, expired: true });

    controller.abort();

    expect(await result).toMatchObject({ kind: 'not-sent', code: 'timeout_before_send' });
  });

  it('without a rule for a request names its file and the request', async () => {
    const result = await call(saying('Who are you?'));

    expect(result).toMatchObject({ kind: 'rejected', code: 'script_has_no_answer' });
    expect((result as { message: string }).message).toMatch(
      /script\.yaml has no answer: none of its 7 rules .*round 0.*"Who are you\?"/,
    );
  });

  it('that quotes what a request does not have says which rule, and what', async () => {
    expect(await call(saying('missing'))).toMatchObject({
      kind: 'rejected',
      message: expect.stringMatching(/rule 7: say\/text has no value/),
    });
  });
});

describe('a script that does not add up', () => {
  it.each([
    ['no rules', 'rules: []', /\/rules must NOT have fewer/],
    ['an unknown condition', 'rules: [{ when: { mood: bad }, say: { text: x } }]', /\/rules\/0\/when\/mood/],
    ['nothing to say', 'rules: [{ say: {} }]', /\/rules\/0\/say must match/],
    ['two answers at once', 'rules: [{ say: { text: a, output: b } }]', /\/rules\/0\/say must match exactly one/],
    ['an unknown variable', "rules: [{ say: { text: '${{ secrets.x }}' } }]", /\/rules\/0\/say\/text Unknown variable/],
    ['a broken condition', "rules: [{ when: { if: 'round +' }, say: { text: x } }]", /\/rules\/0\/when\/if/],
    ['no YAML', 'rules: [', /flow/i],
  ])('is refused when it is read: %s', (_what, script, problem) => {
    expect(() => modelsOf(script)).toThrow(problem);
    expect(() => modelsOf(script)).toThrow(/docs\/models\.md/);
  });

  it('is refused when there is no such file', () => {
    expect(() => new Models({ fast: { provider: 'scripted', file: join(folder, 'absent.yaml') } })).toThrow(/ENOENT/);
  });
});
