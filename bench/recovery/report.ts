import { type Distribution, distributionOf } from '../distribution';
import type { Samples, Scenario } from './scenario';
import { SWEEP_MS } from './world';

/** One line of the table: what one scenario measured under one name. */
export interface Line {
  readonly scenario: Scenario;
  readonly name: string;
  readonly figures: Distribution;
  /** Undefined where nothing was promised. */
  readonly reached?: boolean;
}

export function linesOf(scenario: Scenario, samples: Samples): Line[] {
  const { goalMs } = scenario;
  return [...samples].map(([name, values]) => {
    const figures = distributionOf(values);
    return { scenario, name, figures, ...(goalMs !== undefined && { reached: figures.p99 <= goalMs }) };
  });
}

const HEAD = ['', '', 'n', 'p50', 'p90', 'p99', 'max', 'goal (p99)'];

const cellsOf = ({ scenario, name, figures, reached }: Line): string[] => [
  scenario.name,
  name,
  String(figures.n),
  ...[figures.p50, figures.p90, figures.p99, figures.max].map(seconds),
  scenario.goalMs === undefined ? '' : `≤ ${seconds(scenario.goalMs)} ${reached ? 'reached' : 'missed'}`,
];

/** For a terminal. */
export function tableText(lines: readonly Line[]): string {
  const rows = [HEAD, ...lines.map(cellsOf)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const isText = (column: number): boolean => column < 2 || column === HEAD.length - 1;
  const padded = (text: string, column: number): string =>
    isText(column) ? text.padEnd(widths[column]!) : text.padStart(widths[column]!);
  return rows.map((row) => row.map(padded).join('  ').trimEnd()).join('\n');
}

/** Where the figures come from. */
export interface Origin {
  readonly command: string;
  readonly machine: string;
  readonly commit: string;
  readonly at: string;
}

/** The page of results, for bench/recovery/RESULTS.md. */
export function resultsPage(lines: readonly Line[], origin: Origin): string {
  const scenarios = [...new Set(lines.map(({ scenario }) => scenario))];
  return `# Recovery times

From the fault to the next sending, as the tool that is called sees it. Measured by \`${origin.command}\` at commit
\`${origin.commit}\`, ${origin.at}, on ${origin.machine}.

| fault | measured | n | p50 | p90 | p99 | max | goal (p99) |
|---|---|--:|--:|--:|--:|--:|---|
${lines.map((line) => `| ${cellsOf(line).join(' | ')} |`).join('\n')}

With fewer than 100 samples the 99th percentile is the largest of them. Services run as child processes with their
default settings: lease 10 s, heartbeat 2 s, sweep ${seconds(SWEEP_MS)}, and 1 s in which a worker whose lock fell may come back.

${scenarios.map(({ name, says }) => `- **${capital(name)}.** ${says}`).join('\n')}
`;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const seconds = (ms: number): string => `${(ms / 1_000).toFixed(ms < 9_950 ? 2 : 1)} s`;
