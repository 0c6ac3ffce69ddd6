import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { MUTANTS } from './mutants';

/** A mutant may survive so many; the shyest of them takes a third. */
const SCHEDULES_MAX = 6_000;
const WITHIN_MS = 600_000;

interface Judged {
  readonly name: string;
  readonly finding?: string;
  readonly schedules: number;
}

describe('a protocol that is broken on purpose', () => {
  const judged = new Map<string, Judged>();

  beforeAll(async () => {
    const child = spawn(process.execPath, [join(__dirname, 'judge-mutants.mjs'), String(SCHEDULES_MAX)], {
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: WITHIN_MS,
    });
    for await (const line of createInterface(child.stdout)) {
      const one = JSON.parse(line) as Judged;
      judged.set(one.name, one);
    }
  }, WITHIN_MS);

  it.each(MUTANTS.map(({ name }) => name))('%s: is caught, and under the same seeds the real one is not', (name) => {
    expect(judged.get(name)).toMatchObject({ finding: expect.any(String), control: [] });
  });
});
