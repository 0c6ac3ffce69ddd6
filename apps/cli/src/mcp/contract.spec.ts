import { checkContract } from '@muster/domain';
import type { ListedTool } from '@muster/mcp';
import { contractName, contractOf } from './contract';

const TOOL: ListedTool = {
  name: 'createEntities',
  description: '',
  input: { type: 'object' },
  claims: { readOnlyHint: true, idempotentHint: true },
};
const NAMING = { server: 'memory', prefix: 'memory', version: '1' };

describe('the contract of an imported tool', () => {
  it('keeps every rule, whatever the server left out', () => {
    expect(checkContract(contractOf(TOOL, 'opaque', NAMING))).toEqual([]);
    expect(checkContract(contractOf(TOOL, 'keyed', { ...NAMING, dedupeWindowMs: 1_000 }))).toEqual([]);
  });

  it("has the effect class that the person named, and nothing of the server's claims", () => {
    const { effect, ...rest } = contractOf(TOOL, 'opaque', NAMING);

    expect(effect).toBe('opaque');
    expect(JSON.stringify(rest)).not.toMatch(/hint/i);
  });

  it('promises content where the server promises nothing', () => {
    expect(contractOf(TOOL, 'none', NAMING).output).toMatchObject({ required: ['content'] });
  });

  it.each([
    ['read_graph', 'memory.read_graph'],
    ['get-sum', 'memory.get-sum'],
    ['createEntities', 'memory.create_entities'],
    ['Search / Nodes!', 'memory.search_nodes'],
    ['__x--y', 'memory.x-y'],
  ])('of %s is called %s', (tool, name) => {
    expect(contractName('memory', tool)).toBe(name);
  });
});
