import type { Draws } from './draws';

/**
 * How likely each fault is, at the moment at which it could strike. `turns` is how long the storm lasts, `ask`ed of the
 * scheduler; the rest are probabilities.
 */
export interface Mix {
  readonly turns: number;
  /** Messages. */
  readonly ringLost: number;
  readonly ringRepeated: number;
  readonly ringReordered: number;
  readonly ringForged: number;
  /** Processes. */
  readonly executorKilled: number;
  readonly coordinatorKilled: number;
  readonly verifierKilled: number;
  readonly paused: number;
  readonly endUnseen: number;
  readonly lockCut: number;
  readonly beatLost: number;
  /** Statements. */
  readonly replyLost: number;
  readonly contended: number;
  /** The tools and their nets. */
  readonly toolFault: number;
  readonly effectLate: number;
  readonly phantom: number;
  readonly answerLost: number;
  readonly probeSilent: number;
  readonly breakerOpen: number;
  readonly roomFull: number;
  /** People and time. */
  readonly cancelled: number;
  readonly personHasty: number;
  readonly personRepeats: number;
  readonly longWait: number;
}

export type FaultName = Exclude<keyof Mix, 'turns'>;

/** What each fault may rise to. */
const MOST: Readonly<Record<FaultName, number>> = {
  ringLost: 0.5,
  ringRepeated: 0.5,
  ringReordered: 1,
  ringForged: 0.05,
  executorKilled: 0.06,
  coordinatorKilled: 0.05,
  verifierKilled: 0.04,
  paused: 0.06,
  endUnseen: 1,
  lockCut: 0.03,
  beatLost: 0.6,
  replyLost: 0.25,
  contended: 0.1,
  toolFault: 0.9,
  effectLate: 0.8,
  phantom: 0.3,
  answerLost: 0.3,
  probeSilent: 0.5,
  breakerOpen: 0.3,
  roomFull: 0.6,
  cancelled: 0.02,
  personHasty: 0.5,
  personRepeats: 0.5,
  longWait: 0.4,
};

export const FAULTS = Object.keys(MOST) as FaultName[];
const TURNS_MAX = 160;
/** Most faults are away in most runs: a few together find more than all of them at once. */
const AWAY = 0.6;

export function drawMix(draws: Draws): Mix {
  const faults = Object.fromEntries(
    FAULTS.map((name) => [name, draws.chance(AWAY) ? 0 : MOST[name] * draws.fraction()]),
  ) as Record<FaultName, number>;
  return { turns: draws.below(TURNS_MAX), ...faults };
}

export const CALM: Mix = {
  turns: 0,
  ...(Object.fromEntries(FAULTS.map((name) => [name, 0])) as Record<FaultName, number>),
};
