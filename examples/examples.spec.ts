import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  compilePlan,
  hashJson,
  type JsonValue,
  type PlanDocument,
  resolveContract,
  type ToolContract,
} from '@muster/domain';
import { parse } from 'yaml';

const EXAMPLES = readdirSync(__dirname).filter((name) => existsSync(join(__dirname, name, 'plan.yaml')));

/** What the demo fills in; any values do for the rules. */
const PLACEHOLDERS: Record<string, string> = {
  desk: 'http://127.0.0.1:1',
  repository: '/r',
  node: '/node',
  example: '/e',
};

const planOf = (example: string): PlanDocument =>
  parse(readFileSync(join(__dirname, example, 'plan.yaml'), 'utf8')) as PlanDocument;

function contractsOf(example: string): ToolContract[] {
  const folder = join(__dirname, example, 'tools');
  return readdirSync(folder).map((file) => {
    const text = readFileSync(join(folder, file), 'utf8').replace(
      /\{\{(\w+)\}\}/g,
      (_, name: string) => PLACEHOLDERS[name]!,
    );
    return JSON.parse(text) as ToolContract;
  });
}

describe.each(EXAMPLES)('the example %s', (example) => {
  it('passes every rule of a submission', () => {
    const contracts = contractsOf(example);
    const shelf = new Map(
      contracts.map((one) => [one.name, resolveContract(one, hashJson(one as unknown as JsonValue))]),
    );

    expect(compilePlan(planOf(example), shelf)).toMatchObject({ ok: true });
  });

  it('brings every contract it uses, and no other, each in a file of its name', () => {
    const used = new Set(planOf(example).steps.map((step) => step.tool));

    expect(new Set(contractsOf(example).map((contract) => contract.name))).toEqual(used);
    expect(readdirSync(join(__dirname, example, 'tools')).sort()).toEqual(
      [...used].map((name) => `${name}.json`).sort(),
    );
  });

  it('is in the list of examples', () => {
    expect(readFileSync(join(__dirname, 'README.md'), 'utf8')).toContain(`(${example}/README.md)`);
  });
});
