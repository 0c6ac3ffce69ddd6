import { figuresOf, peersIn, resultOf, wordsOf } from './results';

const LINES = [
  '# == dbos',
  '{"peer":"dbos","version":"5","workload":"W1","metric":"workflow_p50","value":18.9,"unit":"ms"}',
  '{"peer":"dbos","version":"5","workload":"W3","metric":"skipped","value":"no queue","unit":""}',
  '{"peer":"dbos","version":"5","workload":"W4","metric":"ratio","value":null,"unit":"x"}',
];

describe('what the driver prints', () => {
  const results = LINES.flatMap(resultOf);

  it('gives the figures of its lines of JSON', () => {
    expect(figuresOf(results, 'W1', 'workflow_p50')).toEqual(new Map([['dbos', 18.9]]));
    expect(peersIn(results)).toEqual(new Map([['dbos', '5']]));
  });

  it('keeps why there is none', () => {
    expect(wordsOf(results).map(({ workload, value }) => `${workload} ${value}`)).toEqual(['W3 no queue']);
  });

  it('takes a figure that JSON cannot hold for none', () => {
    expect(results.at(-1)?.value).toBeNaN();
  });
});
