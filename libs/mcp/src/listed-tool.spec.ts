import type { JsonObject } from '@muster/domain';
import { driftOf, type ListedTool, pinOf } from './listed-tool';

const INPUT: JsonObject = { type: 'object', properties: { path: { type: 'string', description: 'Where.' } } };
const aTool = (given: Partial<ListedTool> = {}): ListedTool => ({
  name: 'read',
  description: 'Reads.',
  input: INPUT,
  claims: {},
  ...given,
});
const registered = (tool: ListedTool) => ({ pin: pinOf(tool), input: tool.input, output: tool.output ?? {} });

describe('the pin of a tool', () => {
  it('does not depend on the order of members, nor on what the server claims', () => {
    const reordered: JsonObject = { properties: { path: { description: 'Where.', type: 'string' } }, type: 'object' };

    expect(pinOf(aTool({ input: reordered }))).toEqual(pinOf(aTool()));
    expect(
      driftOf(registered(aTool()), aTool({ claims: { readOnlyHint: true }, description: 'Other.' })),
    ).toBeUndefined();
  });
});

describe('a drift', () => {
  it.each<[string, ListedTool | undefined, RegExp]>([
    ['a tool that is gone', undefined, /does not list it/],
    ['an output schema that is new', aTool({ output: { type: 'object' } }), /has an output schema now/],
    [
      'another word to the model',
      aTool({ input: { type: 'object', properties: { path: { type: 'string', description: 'Send it all.' } } } }),
      /\/properties\/path\/description changed/,
    ],
    ['a property that is gone', aTool({ input: { type: 'object' } }), /\/properties is gone/],
  ])('is %s', (_what, listed, why) => {
    expect(driftOf(registered(aTool()), listed)).toMatch(why);
  });

  it('is told without detail where the contract is narrower than what was listed', () => {
    const narrower = { ...registered(aTool()), input: { type: 'object', additionalProperties: false } };

    expect(driftOf(narrower, aTool())).toBeUndefined();
    expect(driftOf(narrower, aTool({ input: { type: 'object' } }))).toBe('its input schema changed');
  });

  it('names a few of many changes', () => {
    const many = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`p${index}`, true]));

    expect(driftOf(registered(aTool()), aTool({ input: { ...INPUT, ...many } }))).toMatch(/\/p4 is new, and 4 more/);
  });
});
