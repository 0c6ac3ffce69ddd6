import type { Builtin } from './builtin';

/** Gives back what it got: for trying out plans and for the first step of a tutorial. */
export const echo: Builtin = {
  contract: {
    name: 'echo',
    version: '1',
    description: 'Gives its input back as its output.',
    transport: { type: 'builtin', name: 'echo' },
    input: { type: 'object' },
    output: { type: 'object' },
    effect: 'none',
  },
  run: (input) => ({ kind: 'done', output: input }),
};
