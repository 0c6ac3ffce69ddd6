import { commitNow, machineNow } from '../../test/support/origin';

/** Where the figures come from. */
export interface Origin {
  readonly command: string;
  readonly machine: string;
  readonly commit: string;
  readonly at: string;
}

export const originNow = (): Origin => ({
  command: `npm run bench -- ${process.argv.slice(2).join(' ')}`.trim(),
  machine: machineNow(),
  commit: commitNow(),
  at: new Date().toISOString().slice(0, 10),
});
