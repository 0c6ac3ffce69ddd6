// Runs schedules of the simulation, in as many threads as asked for, and tells what they came to. A seed that fails is made
// smaller and printed as a trace. Exit status 1 where one failed, or where too little happened to prove anything.
//
//   npm run test:simulation -- [--schedules 1e6] [--seed 0] [--workers 1] [--theme NAME] [--mutant NAME] [--json]
import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { ModuleGraph } from './module-graph.mjs';

const CHUNK = 500;
const KINDS_SHOWN = 3;
/** Fewer are for looking at something, not for proving it. */
const SCHEDULES_TO_JUDGE = 5_000;
const PROGRESS_MS = 1_000;

const asked = isMainThread ? readArguments() : workerData;
const { add, kindOf, lacksOf, NOTHING, reportOf, runSchedules, scenarioOf } = graphOf(asked).simulation();

if (isMainThread) process.exitCode = await main();
else parentPort.on('message', (chunk) => parentPort.postMessage(runChunk(chunk)));

function readArguments() {
  const text = { type: 'string' };
  const json = { type: 'boolean', default: false };
  const { values } = parseArgs({
    options: { schedules: text, seed: text, workers: text, theme: text, mutant: text, json },
  });
  const numbers = { schedules: 20_000, seed: 0, workers: 1 };
  for (const name of Object.keys(numbers)) {
    numbers[name] = Number(values[name] ?? numbers[name]);
    if (!Number.isInteger(numbers[name]) || numbers[name] < 0) refuse(`--${name} is a whole number.`);
  }
  const { mutant, theme } = values;
  return { ...numbers, mutant, theme, json: values.json };
}

/** The protocol as it is, or as a mutant of mutants.ts has it. */
function graphOf({ mutant, theme }) {
  const whole = new ModuleGraph();
  const { MUTANTS, THEMES } = whole.simulation();
  if (theme && !THEMES[theme]) refuse(`--theme is one of ${Object.keys(THEMES).join(', ')}.`);
  if (!mutant) return whole;
  const found = MUTANTS.find(({ name }) => name === mutant);
  if (!found) refuse(`--mutant is one of:\n  ${MUTANTS.map(({ name }) => name).join('\n  ')}`);
  return new ModuleGraph(found.patches);
}

function refuse(sentence) {
  console.error(sentence);
  process.exit(2);
}

async function main() {
  const started = performance.now();
  const summary = await runAll(started);
  if (asked.json) console.log(JSON.stringify(summary));
  else tell(summary, performance.now() - started);
  for (const { seed, finding } of kinds(summary).slice(0, KINDS_SHOWN))
    console.error(`\n${finding}\n${reportOf(scenarioOf(seed, asked.theme))}`);
  if (summary.failures.length > 0) return 1;
  const lacks = asked.theme || summary.schedules < SCHEDULES_TO_JUDGE ? [] : lacksOf(summary);
  for (const lack of lacks) console.error(`Too little happened: ${lack}`);
  return lacks.length > 0 ? 1 : 0;
}

/** Ctrl-C ends it with what there is so far. */
async function runAll(started) {
  let isStopped = false;
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.once(signal, () => {
      isStopped = true;
    });
  const end = asked.seed + asked.schedules;
  let next = asked.seed;
  let summary = NOTHING;
  const progress = asked.json ? undefined : setInterval(() => tellProgress(summary, started), PROGRESS_MS);
  const work = async () => {
    const thread = asked.workers > 1 ? new Worker(new URL(import.meta.url), { workerData: asked }) : undefined;
    while (next < end && !isStopped && kinds(summary).length < KINDS_SHOWN) {
      const chunk = { from: next, schedules: Math.min(CHUNK, end - next) };
      next += chunk.schedules;
      // Awaited first: another thread may have added to the sum meanwhile.
      const more = await (thread ? inThread(thread, chunk) : here(chunk));
      summary = add(summary, more);
    }
    await thread?.terminate();
  };
  await Promise.all(Array.from({ length: asked.workers }, work));
  clearInterval(progress);
  return summary;
}

/** Leaves the event loop a turn, so that the progress shows. */
async function here(chunk) {
  await new Promise((resolve) => setImmediate(resolve));
  return runChunk(chunk);
}

function runChunk({ from, schedules }) {
  return runSchedules(from, schedules, asked.theme);
}

function inThread(thread, chunk) {
  return new Promise((resolve, reject) => {
    thread.once('error', reject);
    thread.once('message', (summary) => {
      thread.off('error', reject);
      resolve(summary);
    });
    thread.postMessage(chunk);
  });
}

/** The first failure of each kind. */
function kinds({ failures }) {
  const seen = new Map();
  for (const failure of failures) if (!seen.has(kindOf(failure.finding))) seen.set(kindOf(failure.finding), failure);
  return [...seen.values()];
}

function tellProgress({ schedules, failures }, started) {
  const perSecond = Math.round(schedules / ((performance.now() - started) / 1_000));
  const line = `${count(schedules)} of ${count(asked.schedules)} schedules, ${count(perSecond)}/s, ${failures.length} failed`;
  if (process.stderr.isTTY) process.stderr.write(`\r${line} `);
}

function tell({ schedules, events, effects, struck, failures }, ms) {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  const counts = `${count(events)} events, ${count(effects)} effects, ${failures.length} failed`;
  console.log(`${count(schedules)} schedules in ${Math.round(ms / 1_000)} s, seeds from ${asked.seed}: ${counts}`);
  for (const [fault, times] of Object.entries(struck))
    console.log(`  ${fault.padEnd(18)} ${count(times).padStart(12)}`);
}

function count(number) {
  return number.toLocaleString('en-US');
}
