import type { ProbeContract } from '@muster/domain';
import { findingOf, type ProbeAnswer } from './probe-finding';

const PROBE: ProbeContract = {
  method: 'GET',
  url: 'http://127.0.0.1/ops/{operationId}',
  happened: 'response.status == 200 && response.body.applied',
  output: 'response.body.result',
};
const answered = (status: number, body?: Extract<ProbeAnswer, { kind: 'answered' }>['body']): ProbeAnswer => ({
  kind: 'answered',
  status,
  headers: {},
  body,
});

describe('the answer to a probe', () => {
  it('says "happened" with the exact bytes of the output', () => {
    const found = findingOf(PROBE, answered(200, { applied: true, result: { id: 'T-1', n: 1.5 } }));

    expect(found).toMatchObject({ finding: 'happened', detail: { status: 200 } });
    expect(found.body?.toString()).toBe('{"id":"T-1","n":1.5}');
  });

  it.each([
    [404, undefined],
    [404, { error: 'none' }],
    [200, { applied: false }],
  ])('says "absent" where the tool answers that it was not done: %p %j', (status, body) => {
    expect(findingOf(PROBE, answered(status, body))).toMatchObject({ finding: 'absent' });
  });

  it.each([
    [answered(500, { applied: false })],
    [answered(503)],
    [answered(429)],
    [answered(401)],
    [answered(302)],
    [answered(200, {})],
    [answered(200, undefined)],
    [answered(200, { applied: 'yes' })],
    [{ kind: 'silent', reason: 'ECONNREFUSED' } as const],
  ])('says nothing where the tool did not speak of the operation: %j', (answer) => {
    expect(findingOf(PROBE, answer)).toMatchObject({ finding: 'inconclusive' });
  });

  it('says nothing where it happened but its output cannot be read: the output would be a guess', () => {
    expect(findingOf(PROBE, answered(200, { applied: true }))).toMatchObject({ finding: 'inconclusive' });
  });
});
