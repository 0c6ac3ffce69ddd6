import { join } from 'node:path';
import { projectRoot } from '../project-root';
import { contractsIn, filled } from './contracts';

const TOOLS = join(projectRoot(), 'examples/lost-acknowledgement/tools');
const VALUES = { desk: 'http://127.0.0.1:1', repository: '/', node: '/node', example: '/example' };

describe('the contracts of the demo', () => {
  it('are filled in completely', () => {
    const contracts = contractsIn(TOOLS, { ...VALUES, repository: '/a "b"\\c' });

    expect(JSON.stringify(contracts)).not.toContain('{{');
    expect(contracts.find((contract) => contract.name === 'git.log')!.transport).toMatchObject({
      argv: expect.arrayContaining(['safe.directory=/a "b"\\c']),
    });
  });

  it('say what the tools do to the world', () => {
    const effects = contractsIn(TOOLS, VALUES).map((one) => [one.name, one.effect]);

    expect(Object.fromEntries(effects)).toEqual({
      'commits.group': 'none',
      'commits.pairs': 'none',
      'git.log': 'none',
      'old-desk.open': 'probed',
      'report.write': 'transactional',
      'tickets.open': 'keyed',
    });
  });
});

describe('a contract with a placeholder that nobody knows', () => {
  it('is refused', () => {
    expect(() => filled('{"a": "{{what}}"}', {})).toThrow(/'what'/);
  });
});
