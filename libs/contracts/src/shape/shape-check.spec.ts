import { BatchRequest, shapeProblems, TaskRequest, ToolRequest } from '../index';

const pointers = (shape: new () => object, value: unknown) => shapeProblems(shape, value).map((one) => one.pointer);

describe('a body that differs from its shape', () => {
  it('is answered with every difference at once, each at its place', () => {
    const body = {
      plan: {
        steps: [
          { id: 'a', tool: 7, needs: ['b', 3], sudo: true },
          { tool: 't', onFailure: { fallback: 1 }, retry: { maxAttempts: 0 } },
          'c',
        ],
        'a/b~c': 1,
      },
      priority: 12,
      deadlineAt: 'tomorrow',
      sudo: 1,
    };

    const found = pointers(TaskRequest, body);

    expect(found.sort()).toEqual(
      [
        '/sudo',
        '/priority',
        '/deadlineAt',
        '/plan/a~1b~0c',
        '/plan/steps/0/sudo',
        '/plan/steps/0/tool',
        '/plan/steps/0/needs/1',
        '/plan/steps/1/id',
        '/plan/steps/1/onFailure/fallback',
        '/plan/steps/1/retry/maxAttempts',
        '/plan/steps/2',
      ].sort(),
    );
  });

  it('is told the field that was probably meant', () => {
    const [problem] = shapeProblems(TaskRequest, { gaol: 'x' });

    expect(problem).toMatchObject({ code: 'unknown_field', message: expect.stringContaining("'goal'") });
  });

  it('cannot choose its own rules by the names of inherited members', () => {
    const body = JSON.parse('{"constructor": {"x": 1}, "hasOwnProperty": 1, "toString": 1}');

    expect(pointers(TaskRequest, body)).toEqual(['/constructor', '/hasOwnProperty', '/toString']);
  });

  it('has null refused where a value was meant', () => {
    expect(pointers(TaskRequest, { goal: null })).toEqual(['/goal']);
  });

  it.each([[[]], ['x'], [null], [7]])('is refused where it is no object: %j', (body) => {
    expect(shapeProblems(TaskRequest, body)).toMatchObject([{ pointer: '', code: 'type' }]);
  });
});

describe('a tool contract', () => {
  const contract = {
    name: 'tickets.create',
    version: '1',
    description: '',
    transport: { type: 'http', method: 'POST', url: 'http://127.0.0.1:1/x' },
    input: { type: 'object' },
    output: { type: 'object' },
    effect: 'none',
  };

  it('passes in the form the documents show', () => {
    expect(shapeProblems(ToolRequest, contract)).toEqual([]);
  });

  it('is told which transports there are', () => {
    const problems = shapeProblems(ToolRequest, { ...contract, transport: { type: 'pigeon', coop: 1 } });

    expect(problems).toMatchObject([{ pointer: '/transport/type', message: expect.stringContaining('http, process') }]);
  });

  it('leads to no model: those are called by agents alone, within their budgets', () => {
    const problems = shapeProblems(ToolRequest, { ...contract, transport: { type: 'model', model: 'fast' } });

    expect(problems).toMatchObject([{ pointer: '/transport/type' }]);
  });

  it.each([
    ['effect', undefined],
    ['effect', 'harmless'],
    ['name', 'Not-A-Name'],
    ['transport', 'http'],
  ])('with %s %j is refused there', (field, value) => {
    expect(pointers(ToolRequest, { ...contract, [field]: value })).toEqual([`/${field}`]);
  });
});

describe('a large request', () => {
  it('of 10,000 steps is looked through', () => {
    const steps = Array.from({ length: 10_000 }, (_, i) => ({ id: `s${i}`, tool: 't', input: { i }, needs: [] }));

    expect(shapeProblems(TaskRequest, { plan: { steps } })).toEqual([]);
  });

  it('of more tasks than a batch may have is refused as a whole', () => {
    expect(pointers(BatchRequest, { tasks: Array.from({ length: 1_001 }, () => ({})) })).toContain('/tasks');
  });
});
