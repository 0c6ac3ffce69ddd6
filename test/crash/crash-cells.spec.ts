import { join } from 'node:path';
import { allCells, nameOf, sampleOf } from './cells';
import type { Result } from './experiment';
import { runCells } from './rounds';
import { lineOf, writeTable } from './table';

/** What `npm run test:crash` asks for (test/crash/main.ts); without it a sample that every run of the tests affords. */
const {
  MUSTER_CRASH_SEED: seed = '1',
  MUSTER_CRASH_CELLS: size = '120',
  MUSTER_CRASH_ONLY: only = '',
  MUSTER_CRASH_OUT: folder = join(__dirname, '../../.muster/crash'),
  MUSTER_CRASH_COMMAND: command = 'npm test',
} = process.env;
const isWatched = command !== 'npm test';

const eligible = allCells().filter((cell) => only.split(' ').every((part) => nameOf(cell).includes(part)));
const cells = size === 'all' ? eligible : sampleOf(eligible, Number(size), Number(seed));

const MS_PER_CELL_MAX = 10_000;
jest.setTimeout(120_000 + cells.length * MS_PER_CELL_MAX);

describe(`${cells.length} of ${allCells().length} crash cells, drawn by seed ${seed}`, () => {
  const results = new Map<string, Result>();

  beforeAll(async () => {
    const outcome = await runCells(cells, join(folder, 'logs'), (result) => {
      results.set(nameOf(result.cell), result);
      if (isWatched) process.stdout.write(lineOf(result, results.size, cells.length));
    });
    writeTable(folder, outcome, { seed: Number(seed), command });
  });

  it.each(cells.map(nameOf))('%s: the class keeps its promise', (name) => {
    expect(results.get(name)?.breaches).toEqual([]);
  });
});
