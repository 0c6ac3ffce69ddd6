import { checkCriteria } from './criteria';
import { summarise } from './finding';
import { checkOutputSchema } from './output-schema';
import { checkPostcondition } from './postcondition';

const SCHEMA = { type: 'object', properties: { status: { type: 'string' } }, required: ['status'] };

describe('an output', () => {
  it('is held against the contract’s schema', () => {
    expect(checkOutputSchema(SCHEMA, { status: 'open' })).toMatchObject({ passed: true });
    expect(checkOutputSchema(SCHEMA, { status: 1 })).toMatchObject({ passed: false, code: 'output_invalid' });
    expect(checkOutputSchema(SCHEMA, null)).toMatchObject({ passed: false, code: 'output_invalid' });
  });
});

describe('a postcondition', () => {
  const outcome = {
    input: { limit: 3 },
    output: { status: 'open', count: 2 },
    steps: { find: { output: { id: 'T-1' } } },
  };

  it.each(['output.status == "open"', 'output.count < input.limit', 'steps.find.output.id == "T-1"'])(
    'holds where it is true: %s',
    (check) => {
      expect(checkPostcondition(check, outcome)).toMatchObject({ passed: true });
    },
  );

  it.each([
    ['output.status == "closed"', 'check_failed'],
    ['output.missing == 1', 'expression_error'],
    ['output.count', 'expression_error'],
    ['output.status', 'expression_error'],
    ['not CEL at all', 'expression_error'],
  ])('fails where it is false, and where it is no truth at all: %s', (check, code) => {
    expect(checkPostcondition(check, outcome)).toMatchObject({ passed: false, code });
  });

  it('sees the item of a forEach under its name', () => {
    const ofItem = { ...outcome, item: { name: 'owner', value: 'ada' } };

    expect(checkPostcondition('owner == "ada"', ofItem)).toMatchObject({ passed: true });
  });

  it('cannot be fooled by an item that is called like something else', () => {
    const ofItem = { ...outcome, item: { name: 'output', value: { status: 'closed' } } };

    expect(checkPostcondition('output.status == "open"', ofItem)).toMatchObject({ passed: true });
  });
});

describe('the criteria of a task', () => {
  const steps = {
    tell: { output: null, outputs: [{ ok: true }, null] },
    find: { output: { id: 1 }, state: 'succeeded' },
  };

  it('each have a finding of their own, so that a person sees all that fail', () => {
    const findings = checkCriteria(
      {
        completion: ['size(steps.tell.outputs) == 2', 'steps.find.output.id == 2'],
        invariants: ['input.total > 0', 'input.total > 9'],
      },
      { total: 1 },
      steps,
    );

    expect(findings.map((finding) => finding.code)).toEqual([
      'passed',
      'criterion_failed',
      'passed',
      'invariant_violated',
    ]);
    expect(summarise(findings)).toMatchObject({ passed: false, code: 'criterion_failed' });
  });

  it('fail where they read a step that is not there', () => {
    expect(checkCriteria({ completion: ['steps.gone.output == null'], invariants: [] }, null, steps)[0]).toMatchObject({
      passed: false,
      code: 'expression_error',
    });
  });
});
