import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { INVARIANTS } from '@muster/persistence';
import { ROOT, textOf } from '../support/source-files';

const PROMISES = Array.from({ length: 17 }, (_, index) => `G${index + 1}`);
const page = textOf('docs/guarantees.md');
const rows = new Map(
  [...page.matchAll(/^\| (G\d+) \|([^|]+)\|([^|]+)\|$/gm)].map(([, name, , shown]) => [name, shown ?? '']),
);

/** `path/of.spec.ts` "title of the test" */
const testsIn = (shown: string) =>
  [...shown.matchAll(/`([^`]+\.spec\.ts)` "([^"]+)"/g)].map(([, file, title]) => ({
    file: file ?? '',
    title: title ?? '',
  }));

describe('docs/guarantees.md', () => {
  it('has a line for every promise', () => {
    expect([...rows.keys()]).toEqual(PROMISES);
  });

  it.each(PROMISES)('names the tests that show %s, or says that none does yet', (promise) => {
    const shown = rows.get(promise) ?? '';
    const tests = testsIn(shown);

    if (tests.length === 0) expect(shown).toMatch(/not yet shown/);
    for (const { file, title } of tests) {
      expect(existsSync(join(ROOT, file)) ? file : `${file} is missing`).toBe(file);
      expect(textOf(file)).toContain(title);
    }
  });

  it('is what the invariants say they hold: no promise that is not there', () => {
    for (const { guarantees } of INVARIANTS) expect(PROMISES).toEqual(expect.arrayContaining([...guarantees]));
  });
});
