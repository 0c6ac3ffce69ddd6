import { FAULT_POINTS } from '@muster/chassis';
import { QUEUES } from '@muster/contracts';
import { LIMITS } from '@muster/domain';
import { isTest, sourceFiles, textOf } from '../support/source-files';

const product = sourceFiles('.ts').filter((file) => !isTest(file));
const foundIn = (pattern: RegExp) =>
  product.flatMap(({ text }) => [...text.matchAll(pattern)].map((match) => match[1] ?? ''));

describe('the fault points', () => {
  const used = foundIn(/faultPoint\((.+)\)/g).flatMap((given) =>
    [...given.matchAll(/'([^']+)'/g)].map((name) => name[1] ?? ''),
  );

  it('that the code passes are all listed, so that every crash test knows them', () => {
    expect(used.filter((name) => !FAULT_POINTS.some((listed) => listed === name))).toEqual([]);
  });

  it('that are listed are all passed by the code, so that no crash test waits for nothing', () => {
    expect(FAULT_POINTS.filter((name) => !used.includes(name))).toEqual([]);
  });

  it('are all explained in docs/faults.md', () => {
    const page = textOf('docs/faults.md');

    expect(FAULT_POINTS.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });
});

describe('the limits', () => {
  it('are all held somewhere', () => {
    const held = new Set(foundIn(/\bLIMITS\.([A-Z_]+)/g));

    expect(Object.keys(LIMITS).filter((name) => !held.has(name))).toEqual([]);
  });
});

describe('the queues', () => {
  it('have names that no other file spells out', () => {
    const names = Object.values(QUEUES).map((name) => `'${name}'`);
    const spelling = product.filter(
      ({ path, text }) => path !== 'libs/contracts/src/queues.ts' && names.some((name) => text.includes(name)),
    );

    expect(spelling.map(({ path }) => path)).toEqual([]);
  });

  it('have names that BullMQ takes', () => {
    for (const name of Object.values(QUEUES)) expect(name).toMatch(/^[a-z][a-z-]*$/);
  });
});
