import { readFileSync } from 'node:fs';
import { chartOf } from '../chart';
import { type Budgets, excessesOf, sayExcess } from '../cost/budget';
import { measureCosts } from '../cost/measure';
import { statementTable } from '../cost/statements';
import { compare, MUSTER } from '../goals';
import { measureMuster, measurePeer, type Round } from '../harness';
import { originNow } from '../origin';
import { type Findings, resultsPage } from '../page';
import { comparisonTable, costTable, type Share, shareOf, shareTable } from '../report';
import { type Result, wordsOf } from '../results';
import type { Servers } from '../servers';
import { ShareRecorder } from '../shares';
import { alignedText } from '../table';
import { type Wishes, WORKLOADS } from '../wishes';
import { inWorld } from '../world';
import { pathIn, publish, sayLine } from './output';

const COST = 'COST';
/** What the driver and the adapter take for a quick run: fewer chains, one worker. */
const QUICK = { PEERS_W2_N: '500', MUSTER_BENCH_WORKERS: '1' };

/** Muster in the workloads that its peers have, beside those that were asked for, and what a step costs. */
export async function runComparison(servers: Servers, wishes: Wishes): Promise<boolean> {
  const { results, shares } = await runDriver(servers, wishes);
  const cost = wishes.workloads.includes(COST) ? await runCost(servers) : undefined;
  const spent: Share[] = [...(cost?.spent ?? [])].map(([tasks, spending]) => shareOf(tasks, spending));
  const findings: Findings = {
    results,
    comparisons: compare(results),
    costs: cost?.costs ?? new Map(),
    shares: [...shares, ...spent],
    statements: cost?.statements ?? [],
  };
  tell(findings);
  // A part of the table would take the place of the whole.
  if (isWhole(wishes)) publishAll(findings);
  return holds(findings);
}

async function runDriver(servers: Servers, { workloads, repeat, quick, peers }: Wishes) {
  const round: Round = { workloads: workloads.filter((name) => name !== COST), repeat, env: quick ? QUICK : {} };
  const recorder = await ShareRecorder.of(servers);
  const results: Result[] = [];
  if (round.workloads.length === 0) return { results, shares: [] };
  const onProgress = (line: string): void => {
    recorder.hear(line);
    sayLine(line);
  };
  results.push(...(await measureMuster(servers, round, { onProgress })));
  for (const peer of peers) results.push(...(await measurePeer(peer, servers, round, { onProgress: sayLine })));
  return { results, shares: recorder.shares };
}

const runCost = (servers: Servers) => inWorld(servers, ({ muster }) => measureCosts(muster, servers, sayLine));

const isWhole = ({ peers, quick, workloads }: Wishes): boolean =>
  peers.length > 0 && !quick && workloads.length === WORKLOADS.length;

function tell({ results, comparisons, costs, shares, statements }: Findings): void {
  if (comparisons.length > 0) console.log(`\n${alignedText(comparisonTable(comparisons, results))}\n`);
  for (const { peer, workload, value } of wordsOf(results)) console.log(`${peer}, ${workload}: ${value}`);
  if (costs.size > 0) console.log(`\n${alignedText(costTable(costs))}`);
  if (statements.length > 0) console.log(`\n${alignedText(statementTable(statements))}`);
  if (shares.length > 0) console.log(`\n${alignedText(shareTable(shares))}\n`);
  for (const excess of excessesOf(costs, budgets())) console.log(`✗ over its budget: ${sayExcess(excess)}`);
}

function holds({ results, comparisons, costs }: Findings): boolean {
  const failed = results.some(({ peer, metric }) => peer === MUSTER && metric === 'failed');
  const missed = comparisons.some(({ reached }) => reached === false);
  return results.length + costs.size > 0 && !failed && !missed && excessesOf(costs, budgets()).length === 0;
}

const budgets = (): Budgets => JSON.parse(readFileSync(pathIn('budgets.json'), 'utf8')) as Budgets;

function publishAll(findings: Findings): void {
  const origin = originNow();
  publish('results.svg', chartOf(findings.comparisons, `${origin.at}, ${origin.machine}`));
  publish('RESULTS.md', resultsPage(findings, origin));
}
