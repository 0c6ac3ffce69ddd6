import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { held, runChaos } from './run';

const { values } = parseArgs({
  options: {
    runs: { type: 'string' },
    seed: { type: 'string' },
    effects: { type: 'string' },
    faults: { type: 'string' },
  },
});
void main();
async function main() {
  const folder = await mkdtemp(join(tmpdir(), 'muster-chaos-'));
  const effects = Number(values.effects ?? 1000);
  const began = Date.now();
  let last = 0;
  const report = await runChaos({
    seed: Number(values.seed ?? 1),
    effects,
    faults: Number(values.faults ?? 10),
    folder,
    onProgress: (p) => {
      if (Date.now() - last > 2000) {
        last = Date.now();
        console.log(((Date.now() - began) / 1000).toFixed(1), JSON.stringify(p));
      }
    },
  });
  console.log(
    JSON.stringify({ ...report, findings: report.findings.slice(0, 20), n: report.findings.length }, null, 1),
    folder,
    held(report),
  );
}
