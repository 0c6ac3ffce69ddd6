import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FunctionCall } from '@muster/domain';
import { loadFunctions } from './function.modules';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'functions-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function aModule(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}
const FUNCTIONS = "{ 'tickets.create': async ({ title }) => ({ title }) }";

describe('the modules of EXECUTOR_FUNCTIONS', () => {
  it.each<[string, string, string]>([
    ['an ES module', 'named.mjs', `export const functions = ${FUNCTIONS};`],
    ['an ES module with a default export', 'default.mjs', `export default ${FUNCTIONS};`],
    ['one that awaits something first', 'awaits.mjs', `await null; export const functions = ${FUNCTIONS};`],
    ['a CommonJS module', 'named.cjs', `exports.functions = ${FUNCTIONS};`],
    [
      'one whose exports are computed',
      'computed.cjs',
      `module.exports = Object.assign({}, { functions: ${FUNCTIONS} });`,
    ],
    ['one that exports its functions alone', 'alone.cjs', `module.exports = ${FUNCTIONS};`],
  ])('may be %s', async (_what, name, text) => {
    const functions = await loadFunctions([aModule(name, text)]);

    expect([...functions.keys()]).toEqual(['tickets.create']);
    expect(await functions.get('tickets.create')?.({ title: 'Ada' }, {} as FunctionCall)).toEqual({ title: 'Ada' });
  });

  it('may be several, and none', async () => {
    const one = aModule('one.mjs', 'export const functions = { one: () => 1 };');
    const two = aModule('two.mjs', 'export const functions = { two: () => 2 };');

    expect([...(await loadFunctions([one, two])).keys()]).toEqual(['one', 'two']);
    expect((await loadFunctions([])).size).toBe(0);
  });
});

describe('a module that cannot be used', () => {
  it.each<[string, string, RegExp]>([
    ['breaks off', 'export const functions = {', /cannot be loaded \(SyntaxError/],
    ['throws', 'throw new Error("No database.");', /cannot be loaded \(Error: No database\.\)/],
    ['imports what is not there', 'import "./gone.mjs";', /cannot be loaded .*gone\.mjs/],
    ['exports nothing', '', /exports no object `functions`.* Write `export const functions/],
    ['exports a list', 'export const functions = [() => 1];', /exports no object `functions`/],
    ['has an entry that is no function', 'export const functions = { pay: 1 };', /its pay is number/],
    ['has a name that no tool has', 'export const functions = { "Pay It": () => 1 };', /"Pay It" is no name of a tool/],
  ])('because it %s is refused at the start, with its path and what to do', async (_why, text, said) => {
    const path = aModule('tools.mjs', text);

    const refusal = expect(loadFunctions([path])).rejects;
    await refusal.toMatchObject({ code: 'EXECUTOR_FUNCTIONS_INVALID', message: expect.stringMatching(said) });
    await refusal.toThrow(`EXECUTOR_FUNCTIONS names ${path}, but `);
  });

  it('because it is not there is refused', async () => {
    await expect(loadFunctions([join(folder, 'gone.mjs')])).rejects.toThrow(/there is no such file\. Correct the path/);
  });

  it('because another one has the name already is refused', async () => {
    const first = aModule('first.mjs', 'export const functions = { pay: () => 1 };');
    const second = aModule('second.mjs', 'export const functions = { pay: () => 2 };');

    await expect(loadFunctions([first, second])).rejects.toThrow(`${second}, but pay is there already`);
  });
});
