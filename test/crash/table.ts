import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nameOf } from './cells';
import type { Result } from './experiment';
import type { Outcome } from './rounds';

export interface Origin {
  readonly seed: number;
  readonly command: string;
}

/** Leaves the results behind: a table for people, and the same for machines. */
export function writeTable(folder: string, outcome: Outcome, origin: Origin): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'crash-cells.md'), tableOf(outcome, origin));
  writeFileSync(join(folder, 'crash-cells.json'), `${JSON.stringify({ ...origin, ...outcome }, undefined, 1)}\n`);
}

const seconds = (ms: number): string => (ms / 1_000).toFixed(1);

function tableOf({ results, restarts, tookMs }: Outcome, { seed, command }: Origin): string {
  const breaches = results.filter((result) => result.breaches.length > 0).length;
  const effects = results.reduce((sum, result) => sum + result.effects, 0);
  return `# Crash cells

\`${command}\` (seed ${seed}): ${results.length} cells, ${effects} effects, ${restarts} restarts, ${breaches} cells that broke a promise; ${seconds(tookMs)} s.

| fault point | signal | class | tool | task | sent | effects | a person said | s | broken |
|---|---|---|---|---|---|---|---|---|---|
${[...results]
  .sort((a, b) => nameOf(a.cell).localeCompare(nameOf(b.cell)))
  .map(rowOf)
  .join('\n')}
`;
}

function rowOf({ cell, state, waitsFor, requests, effects, words, tookMs, breaches }: Result): string {
  const rest = waitsFor.length > 0 ? `${state}, waits: ${waitsFor.join(', ')}` : state;
  const sent = cell.effect === 'transactional' ? '' : requests.length;
  const columns = [cell.point, cell.signal, cell.effect, cell.behaviour, rest, sent, effects, words.join(', ')];
  return `| ${[...columns, seconds(tookMs), breaches.join('; ')].join(' | ')} |`;
}

/** A line of progress. */
export function lineOf(result: Result, done: number, all: number): string {
  const verdict = result.breaches.length === 0 ? 'ok  ' : 'FAIL';
  const why = result.breaches.length === 0 ? '' : `: ${result.breaches.join('; ')}`;
  return `${String(done).padStart(5)}/${all} ${verdict} ${seconds(result.tookMs).padStart(5)} s  ${nameOf(result.cell)}${why}\n`;
}
