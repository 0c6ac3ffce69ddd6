import { APPROVAL_CONTRACT } from '@muster/domain';
import type { Builtin } from './builtin';

/** What an approval step calls: by the time it is called, a person has given the permit that its contract asks for. */
export const approval: Builtin = {
  contract: APPROVAL_CONTRACT,
  run: () => ({ kind: 'done', output: { approved: true } }),
};
