import { eventLine } from './event-line';

describe('an event on a line', () => {
  it('says which steps moved where, then why', () => {
    const data = { steps: { pay: ['parked', 0], ship: ['dispatched', 2] }, reason: 'outcome_unknown' };

    expect(eventLine(JSON.stringify(data))).toBe('pay parked, ship dispatched at epoch 2, reason outcome_unknown');
  });

  it('counts what would be too long to name, and shortens hashes', () => {
    const data = { planHash: 'a'.repeat(64), open: Array.from({ length: 10 }, (_, index) => `s${index}`) };

    expect(eventLine(JSON.stringify(data))).toBe(
      'plan hash aaaaaaaaaaaa…, open s0, s1, s2, s3, s4, s5, s6, s7, and 2 more',
    );
  });

  it('hides what is named like a secret, and shows what is no JSON as it is', () => {
    expect(eventLine('{"apiKey":"k"}')).toBe('api key (hidden)');
    expect(eventLine('broken {')).toBe('broken {');
  });
});
