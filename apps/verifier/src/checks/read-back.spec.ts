import { BOUNDS } from '../bounds';
import { judgeReadBacks, type ReadBack } from './read-back';

const SETTLED_AT = 10_000;
const BOUND = { settledAt: SETTLED_AT, absentAfterMs: 5_000 };
const UNBOUND = { settledAt: SETTLED_AT };

const answer = (finding: ReadBack['finding'], beganAt: number): ReadBack => ({
  evidenceId: `e-${beganAt}`,
  beganAt,
  finding,
});
const findingOf = (...asked: Parameters<typeof judgeReadBacks>) => {
  const judgement = judgeReadBacks(...asked);
  return judgement.kind === 'found' ? judgement.finding : undefined;
};

describe('an effect that is read back', () => {
  it('is believed as soon as the tool shows it', () => {
    const finding = findingOf([answer('absent', 10_100), answer('happened', 10_400)], BOUND);

    expect(finding).toMatchObject({ passed: true, inconclusive: false, evidenceIds: ['e-10400'] });
  });

  it('is a phantom when a question begun late enough finds nothing', () => {
    expect(findingOf([answer('absent', 15_001)], BOUND)).toMatchObject({
      passed: false,
      code: 'phantom_success',
      evidenceIds: ['e-15001'],
    });
  });

  it('is not refuted by "absent" up to the bound, however often it is said', () => {
    const early = Array.from({ length: 50 }, (_, index) => answer('absent', 10_000 + index * 100));

    expect(findingOf([...early, answer('absent', 15_000)], BOUND)).toBeUndefined();
  });

  it('is never refuted where the contract sets no bound; after a few tries the answer stands, and the finding says so', () => {
    const tries = Array.from({ length: BOUNDS.READ_BACK_INCONCLUSIVE_MAX }, (_, index) =>
      answer('absent', 99_000 + index),
    );

    expect(findingOf(tries.slice(1), UNBOUND)).toBeUndefined();
    expect(findingOf(tries, UNBOUND)).toMatchObject({ passed: true, inconclusive: true });
  });

  it('does not wait for ever for a tool that has gone silent', () => {
    const tries = Array.from({ length: BOUNDS.READ_BACK_SILENT_MAX }, (_, index) =>
      answer('inconclusive', 20_000 + index),
    );

    expect(findingOf(tries.slice(1), BOUND)).toBeUndefined();
    expect(findingOf(tries, BOUND)).toMatchObject({ passed: true, inconclusive: true });
  });

  it('is asked about again just when "absent" begins to mean something', () => {
    const judgement = judgeReadBacks([answer('absent', 14_900)], BOUND);

    expect(judgement).toEqual({ kind: 'undecided', againInMs: 101 });
  });
});
