import { run, scenarioOf } from './schedule';
import type { TraceLine } from './stage';

const SCHEDULES = 3_000;
it('x', () => {
  const t0 = performance.now();
  let events = 0,
    bad = 0;
  const kinds = new Map<string, number[]>();
  for (let seed = 0; seed < SCHEDULES; seed++) {
    const out = run(scenarioOf(seed));
    events += out.events;
    if (out.finding) {
      bad++;
      const k = out.finding.replace(/s\d(\[\d\])?/g, 'S').slice(0, 80);
      kinds.set(k, [...(kinds.get(k) ?? []), seed]);
    }
  }
  console.log(
    performance.now() - t0,
    events,
    bad,
    [...kinds].map(([k, s]) => `${k}: ${s.length} e.g. ${s.slice(0, 3)}`).join('\n'),
  );
  const first = [...kinds.values()].map((s) => s[0]!)[0];
  if (first !== undefined) {
    const trace: TraceLine[] = [];
    console.log(JSON.stringify(scenarioOf(first)));
    run(scenarioOf(first), trace);
    console.log(trace.map((t) => `${t.at} ${t.actor}: ${t.text}`).join('\n'));
  }
});
