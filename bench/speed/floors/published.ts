import { MEASURES } from '../goals';
import type { Result } from '../results';

/** What a page of the comparison says, and when it was measured. */
export interface Published {
  readonly results: readonly Result[];
  readonly commit: string;
  readonly at: string;
}

const ORIGIN = /at commit `([^`]+)`, (\d{4}-\d{2}-\d{2})/;
/** Before the names of who was measured: the workload, what was measured, the unit. */
const WORDS = 3;

/** Reads bench/RESULTS.md: the first table is the comparison. Words where a figure should be are left out. */
export function publishedIn(page: string): Published {
  const lines = page.split('\n');
  const first = lines.findIndex((line) => line.startsWith('|'));
  const end = lines.findIndex((line, index) => index > first && !line.startsWith('|'));
  const [head = [], , ...rows] = lines.slice(first, end).map(cellsOf);
  const peers = head.slice(WORDS).filter((name) => name !== 'ratio' && name !== 'goal');
  const [, commit = '', at = ''] = ORIGIN.exec(page) ?? [];
  return { results: rows.flatMap((row) => resultsOf(row, peers)), commit, at };
}

const cellsOf = (line: string): string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());

function resultsOf(
  [workload = '', says, unit = '', ...figures]: readonly string[],
  peers: readonly string[],
): Result[] {
  const measure = MEASURES.find((one) => one.workload === workload && one.says === says);
  if (!measure) return [];
  return peers.flatMap((peer, index) => {
    const text = figures[index] ?? '';
    const value = Number(text.replaceAll(',', ''));
    if (text === '' || Number.isNaN(value)) return [];
    return [{ peer, version: '', workload, metric: measure.metric, value, unit }];
  });
}
