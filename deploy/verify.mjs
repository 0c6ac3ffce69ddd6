#!/usr/bin/env node
// The gate: every check that a change has to pass, in order, a line each. Goes on after a failure, so that one run tells
// everything; the last line counts the tests. --only lint,types runs some of the checks.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const SCRATCH = await mkdtemp(join(tmpdir(), 'muster-verify-'));
const REPORT = join(SCRATCH, 'tests.json');
const OUTPUT_LINES_SHOWN = 200;
const SLOWEST_SHOWN = 8;

const tool = (name) => join(ROOT, 'node_modules', name);
const CHECKS = [
  { name: 'build', says: 'the services compile', run: [join(ROOT, 'deploy/setup.mjs'), 'build'] },
  {
    name: 'lint',
    says: 'biome: format and lint',
    run: [tool('@biomejs/biome/bin/biome'), 'check', '--error-on-warnings', '.'],
  },
  { name: 'types', says: 'tsc', run: [tool('typescript/bin/tsc'), '-p', 'tsconfig.json'] },
  {
    name: 'layers',
    says: 'dependency-cruiser: who may import whom',
    run: [
      tool('dependency-cruiser/bin/dependency-cruiser.mjs'),
      '--config',
      '.dependency-cruiser.cjs',
      'apps',
      'libs',
      'test',
      'bench',
    ],
  },
  { name: 'dead', says: 'knip: nothing unused', run: [tool('knip/bin/knip.js'), '--no-progress'] },
  {
    name: 'generated',
    says: 'generated files match their source',
    run: [join(ROOT, 'deploy/generate.mjs'), '--check'],
  },
  {
    name: 'tests',
    says: 'jest, with a real Postgres and a real Redis',
    run: [tool('jest/bin/jest.js'), '--maxWorkers=2', '--json', `--outputFile=${REPORT}`],
    options: '--experimental-vm-modules --disable-warning=ExperimentalWarning',
  },
];

const { values } = parseArgs({ options: { only: { type: 'string' } } });
const chosen = chosenChecks(values.only);

const failed = [];
for (const check of chosen) {
  const { ok, seconds, output } = await run(check);
  console.log(lineOf(check, ok, seconds));
  if (ok) continue;
  failed.push(check.name);
  console.log(`\n${check.name === 'tests' ? await whatFailed(output) : lastLines(output)}\n`);
}
if (failed.length > 0) console.log(`\nnot in order: ${failed.join(', ')}`);
if (chosen.some(({ name }) => name === 'tests')) {
  console.log(await slowestFiles());
  console.log(await testCounts());
}
await rm(SCRATCH, { recursive: true, force: true });
process.exitCode = failed.length > 0 ? 1 : 0;

function chosenChecks(only) {
  if (!only) return CHECKS;
  const names = only.split(',');
  const unknown = names.filter((name) => !CHECKS.some((check) => check.name === name));
  if (unknown.length > 0) {
    console.error(`No such check: ${unknown.join(', ')}. There are: ${CHECKS.map(({ name }) => name).join(', ')}.`);
    process.exit(2);
  }
  return CHECKS.filter(({ name }) => names.includes(name));
}

function run({ run: [script, ...args], options = '' }) {
  const began = performance.now();
  const output = [];
  const env = { ...process.env, NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} ${options}`.trim(), FORCE_COLOR: '0' };
  const child = spawn(process.execPath, [script, ...args], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.on('data', (chunk) => output.push(chunk));
  child.stderr.on('data', (chunk) => output.push(chunk));
  return new Promise((resolve) => {
    const end = (ok) =>
      resolve({ ok, seconds: (performance.now() - began) / 1000, output: Buffer.concat(output).toString() });
    child.once('error', (error) => output.push(Buffer.from(String(error))) && end(false));
    child.once('close', (code) => end(code === 0));
  });
}

function lineOf({ name, says }, ok, seconds) {
  return `${ok ? ' ok ' : 'FAIL'}  ${name.padEnd(10)} ${says.padEnd(46)} ${`${seconds.toFixed(1)} s`.padStart(8)}`;
}

// The report that jest prints for machines is one line of JSON: of no use to a person.
function lastLines(output) {
  const lines = output.split('\n').filter((line) => !line.startsWith('{"numFailedTestSuites"'));
  return lines.slice(-OUTPUT_LINES_SHOWN).join('\n').trim();
}

// The failed tests by name, then what each of them said: a log is often cut, and what passed tells nothing.
async function whatFailed(output) {
  const report = await readReport();
  const files = report?.testResults.filter(({ status }) => status === 'failed') ?? [];
  if (files.length === 0) return lastLines(output);
  const names = files.flatMap(({ name, assertionResults }) => {
    const tests = assertionResults.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName);
    return (tests.length > 0 ? tests : ['could not be run']).map((test) => `${relative(ROOT, name)}: ${test}`);
  });
  return [...names, '', ...files.map(({ message }) => lastLines(message))].join('\n');
}

function readReport() {
  return readFile(REPORT, 'utf8').then(JSON.parse, () => undefined);
}

// Where the time goes, so that nobody has to measure before making it less.
async function slowestFiles() {
  const files = ((await readReport())?.testResults ?? []).map(({ name, startTime, endTime }) => ({
    file: relative(ROOT, name),
    seconds: (endTime - startTime) / 1000,
  }));
  const slowest = files.sort((a, b) => b.seconds - a.seconds).slice(0, SLOWEST_SHOWN);
  return [
    'slowest:',
    ...slowest.map(({ file, seconds }) => `  ${`${seconds.toFixed(0)} s`.padStart(6)}  ${file}`),
  ].join('\n');
}

// A file that does not even load has no tests to count; it counts as one that failed, and so does a run without a report.
async function testCounts() {
  const report = (await readReport()) ?? { numPassedTests: 0, numFailedTests: 0, numRuntimeErrorTestSuites: 1 };
  return `${report.numPassedTests} passed, ${report.numFailedTests + report.numRuntimeErrorTestSuites} failed`;
}
