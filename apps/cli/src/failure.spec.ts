import { MusterProblem, MusterUnreachable } from '@muster/client';
import { tell } from './failure';
import { PLAIN } from './render/paint';
import { UsageFault } from './usage.fault';

describe('a refused plan', () => {
  it('is told with every pointer and message under each other', () => {
    const problem = new MusterProblem({
      status: 422,
      code: 'plan_refused',
      detail: 'The plan has 2 problems.',
      requestId: 'req-1',
      errors: [
        {
          pointer: '/plan/steps/0/tool',
          code: 'tool_unknown',
          message: "There is no tool 'tickets.opne'; the nearest is 'tickets.open'.",
        },
        { pointer: '', code: 'x', message: 'The body is too bare.' },
      ],
    });

    const told = tell(problem, PLAIN);

    expect(told.exitCode).toBe(1);
    expect(told.lines).toEqual([
      '✗ The plan has 2 problems. [plan_refused]',
      "  /plan/steps/0/tool  There is no tool 'tickets.opne'; the nearest is 'tickets.open'.",
      '  /                   The body is too bare.',
      '  request req-1',
    ]);
  });
});

describe('a Muster that does not answer', () => {
  it('is told with the address, where it came from, and how to start one', () => {
    const cause = new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code: 'ECONNREFUSED' }) });

    const told = tell(new MusterUnreachable('http://127.0.0.1:7400', cause), PLAIN, 'MUSTER_URL');

    expect(told.exitCode).toBe(3);
    expect(told.lines).toEqual([
      '✗ No answer from http://127.0.0.1:7400 (ECONNREFUSED).',
      '  The address is taken from MUSTER_URL.',
      '  Is Muster running? Start it with: npm start',
    ]);
  });
});

describe('a mistake on the command line', () => {
  it('ends with 2', () => expect(tell(new UsageFault('no'), PLAIN).exitCode).toBe(2));
});

describe('a message with control characters', () => {
  it('cannot move the cursor', () => {
    expect(tell(new Error('a\u001b[2Jb'), PLAIN).lines.join()).not.toContain('\u001b');
  });
});
