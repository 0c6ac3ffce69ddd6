import { jobLink } from './job-link';
import { shownJob } from './job-shown';

const ID = '0190f3c2-1111-7000-8000-000000000001';
const HEX = ID.replaceAll('-', '');

describe('a job on the board', () => {
  it.each([
    [{ steps: [{ id: ID, epoch: 2 }] }, `/steps/stp_${HEX}`],
    [{ operations: [ID] }, `/operations/op_${HEX}`],
    [{ tasks: [{ id: ID, round: 1 }] }, `/tasks/tsk_${HEX}`],
    [{ tasks: [ID] }, `/tasks/tsk_${HEX}`],
  ])('leads to its task: %j', (message, href) => {
    expect(jobLink(message)?.href).toBe(href);
  });

  it.each([[null], ['text'], [{ steps: [] }], [{ tasks: ['javascript:alert(1)'] }]])(
    'leads nowhere when it names nothing: %j',
    (message) => {
      expect(jobLink(message)).toBeUndefined();
    },
  );

  it('shows the envelope of somebody’s request, and neither the request nor its signature', () => {
    const job = {
      id: 'x',
      source: 'erp',
      time: 't',
      idempotencyKey: 'i',
      keyId: 'k',
      data: { input: { iban: 'DE00' } },
      signature: 's1gn',
    };

    const shown = JSON.stringify(shownJob(job));

    expect(shown).toContain('erp');
    expect(shown).not.toMatch(/DE00|s1gn/);
  });
});
