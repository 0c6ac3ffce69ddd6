import { publishedIn } from './published';

const PAGE = `# Muster beside its peers

Measured side by side by \`npm run bench\` at commit \`a595f69\`, 2026-11-22, on 2 cores:

|  |  | unit | muster | restate | ratio | goal |
| --- | --- | --- | --: | --: | --: | --- |
| W1 | chain of 10, one at a time, p50 | ms | 53 | 23.1 | 0.44× | ≥ 2× missed |
| W2 | 2,000 chains of 5, one worker | steps/s | 1,928 |  |  | ≥ 3× |
| W9 | what nobody knows | ms | 1 | 2 | 2.00× |  |

| another | table |
| --- | --- |
| W1 | 9 |
`;

describe('what the comparison published', () => {
  it('is read back as it was measured', () => {
    const { results, commit, at } = publishedIn(PAGE);

    expect(results.map(({ peer, metric, value }) => [peer, metric, value])).toEqual([
      ['muster', 'workflow_p50', 53],
      ['restate', 'workflow_p50', 23.1],
      ['muster', 'steps_per_s_1w', 1_928],
    ]);
    expect([commit, at]).toEqual(['a595f69', '2026-11-22']);
  });
});
