import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { projectRoot } from '../project-root';

const PAIRS = join(projectRoot(), 'examples/lost-acknowledgement/pairs.mjs');

describe('the pairs of author and area', () => {
  it('are those with the most commits, in an order that depends on nothing else', () => {
    const authors = [
      {
        author: 'B',
        areas: [
          { area: 'web', commits: 2 },
          { area: 'docs', commits: 1 },
        ],
      },
      {
        author: 'A',
        areas: [
          { area: 'web', commits: 2 },
          { area: 'ops', commits: 5 },
        ],
      },
    ];

    const { stdout } = spawnSync(process.execPath, [PAIRS], {
      input: JSON.stringify({ authors, top: 3 }),
      encoding: 'utf8',
    });

    expect(JSON.parse(stdout)).toEqual({
      items: [
        { author: 'A', area: 'ops', commits: 5 },
        { author: 'A', area: 'web', commits: 2 },
        { author: 'B', area: 'web', commits: 2 },
      ],
    });
  });
});
