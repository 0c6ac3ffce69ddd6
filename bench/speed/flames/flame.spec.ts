import { addProfile, emptyFlame, type Flame, sharesOf } from './flame';
import { PROFILE, WINDOW } from './flame.fixture';

/** Names with milliseconds, deeper ones behind those that called them. */
const linesOf = (flame: Flame, depth = 0): string[] => [
  `${' '.repeat(depth)}${flame.name} ${flame.us / 1_000}`,
  ...[...flame.children.values()].flatMap((child) => linesOf(child, depth + 1)),
];

describe('the flame of a profile', () => {
  const flame = emptyFlame();
  addProfile(flame, PROFILE, WINDOW);

  it('stands on what is ours, has a package once however deep it is, and knows no idleness', () => {
    expect(linesOf(flame)).toEqual(['all 8', ' tools/run 4', '  pg 3', '   node net 1', ' gc 4']);
  });

  it('counts what Node does with who asked for it', () => {
    expect(sharesOf(flame)).toEqual([
      ['gc', 0.5],
      ['pg', 0.375],
      ['tools', 0.125],
    ]);
  });

  it('grows by the profiles of other processes', () => {
    const both = emptyFlame();
    for (let n = 0; n < 2; n++) addProfile(both, PROFILE, WINDOW);

    expect(linesOf(both).slice(0, 2)).toEqual(['all 16', ' tools/run 8']);
  });
});
