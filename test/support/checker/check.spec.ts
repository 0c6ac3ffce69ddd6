import { check } from './check';
import type { Rule } from './findings';
import { Forgery } from './forge';

/** A run in which everything that may go wrong went wrong, and was put right. */
function anHonestRun(): Forgery {
  const run = new Forgery();
  for (const effect of ['none', 'transactional', 'keyed', 'probed', 'opaque'] as const) run.done(`a ${effect}`, effect);
  // Read twice, since nobody heard the first answer.
  run.done('reread', 'none', { sendings: 2 }).kept('reread').seen('reread', 'none', { attempt: 2 });
  run.happened('reread', 'none');
  // The second of two requests under one key did nothing.
  run.done('retried', 'keyed', { sendings: 2 }).kept('retried').seen('retried', 'keyed', { attempt: 2 });
  // Proven absent by a probe, or by a person, and sent once more.
  for (const [name, effect, kind] of [
    ['asked', 'probed', 'probe'],
    ['released', 'opaque', 'resolution'],
  ] as const) {
    run.submitted(name).intended(name, effect, { sendings: 2 }).kept(name).proven(name, kind);
    run.tasks.push({ id: `task ${name}`, key: `key ${name}`, state: 'completed', attention: null });
    run.seen(name, effect, { behaviour: 'reset-before' }).seen(name, effect, { attempt: 2 }).happened(name, effect);
  }
  // Turned away, which needs nobody's word.
  run.submitted('turned away').intended('turned away', 'opaque', { sendings: 2 }).kept('turned away');
  run.tasks.push({ id: 'task turned away', key: 'key turned away', state: 'completed', attention: null });
  run.seen('turned away', 'opaque', { behaviour: 'unavailable' }).seen('turned away', 'opaque', { attempt: 2 });
  run.happened('turned away', 'opaque');
  // A tool that lied, and was found out; a tool that did it twice by itself.
  run.submitted('lied to').intended('lied to', 'probed').seen('lied to', 'probed', { behaviour: 'phantom' });
  run.amend('steps', { state: 'failed' });
  run.tasks.push({ id: 'task lied to', key: 'key lied to', state: 'failed', attention: null });
  run.done('doubled', 'opaque').happened('doubled', 'opaque', { isOwnFault: true });
  // One caller heard nothing, one was told to wait, one came back with another body; one task waits for a person.
  run.submitted('a keyed', { answer: { kind: 'none' } });
  run.submitted('a keyed', { answer: { kind: 'refused', status: 409, code: 'in_progress' } });
  run.submitted('a keyed', { bodyHash: 'other', answer: { kind: 'refused', status: 422, code: 'key_reused' } });
  run.done('waits', 'opaque').amend('tasks', { state: 'running', attention: 'outcome_unknown' });
  return run;
}

const FORGERIES: readonly [Rule, string, (run: Forgery) => unknown][] = [
  ['duplicate-effect', 'a keyed effect twice', (run) => run.done('x').happened('x', 'keyed')],
  ['duplicate-effect', 'a probed effect twice', (run) => run.done('x', 'probed').happened('x', 'probed')],
  ['duplicate-effect', 'an opaque effect twice', (run) => run.done('x', 'opaque').happened('x', 'opaque')],
  [
    'blind-resend',
    'an opaque call repeated without a word',
    (run) => {
      run.submitted('x').intended('x', 'opaque', { sendings: 2 }).kept('x');
      run.tasks.push({ id: 'task x', key: 'key x', state: 'completed', attention: null });
      run
        .seen('x', 'opaque', { behaviour: 'reset-before' })
        .seen('x', 'opaque', { attempt: 2 })
        .happened('x', 'opaque');
    },
  ],
  [
    'blind-resend',
    'a probed call repeated without a proof',
    (run) => run.done('x', 'probed', { sendings: 2 }).kept('x').seen('x', 'probed', { attempt: 2 }),
  ],
  [
    'blind-resend',
    'an opaque call repeated on a probe, which it does not have',
    (run) =>
      run.done('x', 'opaque', { sendings: 2 }).kept('x').proven('x', 'probe').seen('x', 'opaque', { attempt: 2 }),
  ],
  ['sending-sent-twice', 'one sending that left twice', (run) => run.done('x').seen('x', 'keyed')],
  ['unintended-sending', 'a sending past the intended', (run) => run.done('x').seen('x', 'keyed', { attempt: 2 })],
  ['unknown-operation', 'a request of nobody’s', (run) => run.seen('x', 'keyed')],
  ['unknown-operation', 'an effect of nobody’s', (run) => run.happened('x', 'keyed')],
  ['other-tool', 'a request to another tool', (run) => run.done('x', 'keyed', { tool: 'refund' })],
  ['different-bytes', 'other bytes on the wire', (run) => run.done('x', 'keyed', { requestHash: 'other' })],
  [
    'different-bytes',
    'other bytes in an earlier sending',
    (run) =>
      run.done('x', 'keyed', { sendings: 2 }).kept('x', { requestHash: 'other' }).seen('x', 'keyed', { attempt: 2 }),
  ],
  [
    'step-with-two-operations',
    'a step that was called under two keys',
    (run) => run.done('x').intended('y', 'keyed').seen('y', 'keyed', { step: 'step x' }).happened('y', 'keyed'),
  ],
  [
    'lost-effect',
    'a success without an effect',
    (run) => run.submitted('x').intended('x', 'keyed').seen('x', 'keyed', { behaviour: 'reset-before' }),
  ],
  ['lost-effect', 'a read that never took place', (run) => run.intended('x', 'none')],
  [
    'believed-phantom',
    'a lie that was verified',
    (run) => run.intended('x', 'probed').seen('x', 'probed', { behaviour: 'phantom' }),
  ],
  ['denied-effect', 'an effect said to be absent', (run) => run.done('x', 'keyed', { state: 'absent' })],
  ['denied-effect', 'an effect said to have failed', (run) => run.done('x', 'opaque', { state: 'failed' })],
  ['artifact-count', 'a missing artifact', (run) => run.done('x', 'transactional', { artifacts: 0 })],
  ['artifact-count', 'an artifact of a failure', (run) => run.done('x', 'transactional', { state: 'failed' })],
  ['lost-submission', 'an accepted task that is not there', (run) => run.submitted('x')],
  ['never-ends', 'a task that rests', (run) => run.done('x').amend('tasks', { state: 'running' })],
  ['never-ends', 'a person not told why', (run) => run.done('x').amend('tasks', { state: 'running', attention: '' })],
  [
    'key-with-two-tasks',
    'two rows under one key',
    (run) => {
      run.done('x');
      run.tasks.push({ id: 'another', key: 'key x', state: 'completed', attention: null });
    },
  ],
  ['key-with-two-bodies', 'another body accepted', (run) => run.done('x').submitted('x', { bodyHash: 'other' })],
  [
    'repeat-refused',
    'the same body refused',
    (run) => run.done('x').submitted('x', { answer: { kind: 'refused', status: 422, code: 'key_reused' } }),
  ],
];

describe('the checker', () => {
  it('has nothing to say about an honest run', () => {
    const { findings, figures } = check(anHonestRun().testimony, { effects: 9, resends: 5 });

    expect(findings).toEqual([]);
    expect(figures).toMatchObject({ effects: 11, resends: 5, liesTold: 1, personsWords: 1, waitingForPerson: 1 });
  });

  it.each(FORGERIES)('finds %s, and nothing else, in %s', (rule, _what, forge) => {
    const run = anHonestRun();
    forge(run);
    // What hangs together with the forgery is told, so that one thing only is wrong.
    settle(run);

    const { findings } = check(run.testimony);

    expect(findings.map((finding) => finding.rule)).toEqual([rule]);
  });

  it('is not content with a run in which too little happened', () => {
    const { findings } = check(anHonestRun().testimony, { effects: 2_000, unknownOutcomes: 1, personsWords: 5 });

    expect(findings.map(({ rule, subject }) => `${rule} ${subject}`)).toEqual([
      'too-little effects',
      'too-little personsWords',
    ]);
  });

  it('is not content with nothing at all', () => {
    expect(check(new Forgery().testimony, { effects: 1 }).findings).toEqual([
      { rule: 'too-little', subject: 'effects', says: expect.stringContaining('There were 0') },
    ]);
  });
});

function settle(run: Forgery): void {
  for (const { taskId } of run.operations) {
    const name = taskId.slice('task '.length);
    if (run.tasks.some(({ id }) => id === taskId)) continue;
    run.tasks.push({ id: taskId, key: `key ${name}`, state: 'completed', attention: null });
  }
}
