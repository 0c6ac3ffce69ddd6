import { type Distribution, distributionOf } from '../distribution';
import { ANSWER_MS, BESIDES, PARALLEL, ROUND_MS, TOOLS } from './world';

/** The spans of one round, in milliseconds. */
export interface Round {
  readonly hangs: boolean;
  readonly spans: readonly number[];
}

/** What is promised: the 99th percentile changes by at most this. */
const CHANGE_MAX = 0.1;

export interface Outcome {
  readonly without: Distribution;
  readonly beside: Distribution;
  /** Of the 99th percentile; 0.1 is 10 % slower. */
  readonly change: number;
  readonly reached: boolean;
}

/** All rounds of a kind together: they took turns, so that what drifts is in both. */
export function outcomeOf(rounds: readonly Round[]): Outcome {
  const ofKind = (hangs: boolean): Distribution =>
    distributionOf(rounds.filter((round) => round.hangs === hangs).flatMap(({ spans }) => [...spans]));
  const [without, beside] = [ofKind(false), ofKind(true)];
  const change = beside.p99 / without.p99 - 1;
  return { without, beside, change, reached: beside.p99 <= without.p99 * (1 + CHANGE_MAX) };
}

/** Where the figures come from. */
export interface Origin {
  readonly command: string;
  readonly machine: string;
  readonly commit: string;
  readonly at: string;
}

const HEAD = '| | n | p50 | p90 | p99 | max |\n|---|--:|--:|--:|--:|--:|';

/** The page of results, for bench/isolation/RESULTS.md. */
export function resultsPage(rounds: readonly Round[], origin: Origin): string {
  const { without, beside, change, reached } = outcomeOf(rounds);
  const each = rounds.map(({ hangs, spans }, index) => row(`${index + 1}, ${nameOf(hangs)}`, distributionOf(spans)));
  return `# One tool that hangs, and the others

From the answer to one call of a task to the answer to its next one, as the tool sees it. Measured by \`${origin.command}\`
at commit \`${origin.commit}\`, ${origin.at}, on ${origin.machine}.

${HEAD}
${row(nameOf(false), without)}
${row(nameOf(true), beside)}

The 99th percentile changes by ${percent(change)}; the goal is at most ${percent(CHANGE_MAX)}: ${reached ? 'reached' : 'missed'}.

${PARALLEL} tasks have one call each under way, to ${TOOLS} tools that take ${ANSWER_MS / 1_000} s to answer; every next call needs a
decision of the coordinator, a ring, a place at its tool and a claim. Meanwhile ${BESIDES} tasks call one other tool, which
answers in half of the rounds and hangs in the others. Contracts say nothing of timeouts, places, retries and breakers,
and the services have their default settings, one process each. A round takes ${ROUND_MS / 1_000} s, in which the calls that hang
time out, the breaker opens and tries again; rounds of both kinds take turns in one run. Every call that began in a round
is waited for.

${HEAD}
${each.join('\n')}
`;
}

const nameOf = (hangs: boolean): string => (hangs ? 'beside a tool that hangs' : 'without');
const row = (name: string, { n, p50, p90, p99, max }: Distribution): string =>
  `| ${[name, n, ...[p50, p90, p99, max].map(ms)].join(' | ')} |`;
const ms = (value: number): string => `${(value / 1_000).toFixed(3)} s`;
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
