import type { Draws } from './draws';

/** How long the storm lasts, and how likely each fault is at the moment at which it could strike. */
export interface Mix {
  readonly turns: number;
  /** How often the scheduler lets faults strike and time pass, among the steps it takes. */
  readonly unrest: number;
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
  readonly revised: number;
  readonly longWait: number;
}

export type FaultName = Exclude<keyof Mix, 'turns' | 'unrest'>;

/** Whether a fault strikes here and now. */
export type Strikes = (fault: FaultName) => boolean;

/** What each fault may rise to. */
const MOST: Readonly<Record<FaultName, number>> = {
  ringLost: 0.5,
  ringRepeated: 0.8,
  ringReordered: 1,
  ringForged: 0.5,
  executorKilled: 0.5,
  coordinatorKilled: 0.3,
  verifierKilled: 0.3,
  paused: 0.5,
  endUnseen: 1,
  lockCut: 0.3,
  beatLost: 0.6,
  replyLost: 0.25,
  contended: 0.3,
  toolFault: 0.9,
  effectLate: 0.8,
  phantom: 0.3,
  answerLost: 0.3,
  probeSilent: 0.5,
  breakerOpen: 0.3,
  roomFull: 0.6,
  cancelled: 0.1,
  personHasty: 0.5,
  personRepeats: 0.5,
  revised: 0.4,
  longWait: 0.4,
};

export const FAULTS = Object.keys(MOST) as FaultName[];
const TURNS_MAX = 200;
const LONG_TURNS_MAX = 800;
const LONG = 0.1;
const UNREST_MAX = 12;
/** Most faults are away in most runs: a few together find more than all of them at once. */
const AWAY = 0.6;

/**
 * Kinds of trouble that need several faults at once, each rare by itself: what they are at least. The other faults are
 * drawn beside them as ever.
 */
export const THEMES = {
  /** A sender stands still while others take its call over, and answers after all. */
  zombies: { unrest: 12, paused: 0.5, longWait: 0.4, lockCut: 0.2, toolFault: 0.5, personHasty: 0.5 },
  /** Whoever is at work dies, again and again. */
  deadlySteps: { unrest: 12, executorKilled: 0.8, ringRepeated: 0.3, toolFault: 0.4 },
  /** Statements are given back and replies get lost while the same message comes again. */
  brokenRuns: { unrest: 6, contended: 0.3, replyLost: 0.2, ringRepeated: 0.8, beatLost: 0.2 },
  /** As above, and messages name dispatches that there are not. */
  forgeries: { unrest: 6, contended: 0.3, ringRepeated: 0.8, ringForged: 0.5 },
  /** Somebody resolves what is parked before its sender has come back. */
  haste: { unrest: 12, turns: 300, paused: 0.8, longWait: 0.4, lockCut: 0.2, toolFault: 0.9, personHasty: 0.9 },
  /** Calls whose fate has to be asked for, of senders whose end may not be seen. */
  doubt: { unrest: 6, effectLate: 0.8, toolFault: 0.9, answerLost: 0.3, endUnseen: 0.5, executorKilled: 0.3 },
  /** Somebody has another plan again and again. */
  revisions: { unrest: 12, turns: 300, revised: 0.8, toolFault: 0.7, personHasty: 0.5 },
  /** Every task has a goal, and its plans fail one after the other. */
  goals: { toolFault: 0.9 },
  /** Every plan has an agent, whose model asks for plans and calls of any kind. */
  agents: { toolFault: 0.5, executorKilled: 0.2 },
} as const satisfies Readonly<Record<string, Partial<Mix>>>;
export type ThemeName = keyof typeof THEMES;
const THEMED = 0.2;
const THEMED_TURNS_MIN = 100;

/** By the theme that is asked for; otherwise a part of all mixes has one. */
export function drawMix(draws: Draws, wanted?: ThemeName): Mix {
  const mix = drawSwarm(draws);
  const isThemed = draws.chance(THEMED);
  const drawn = draws.pick(Object.keys(THEMES) as ThemeName[]);
  if (!wanted && !isThemed) return mix;
  const least: Partial<Mix> = { turns: THEMED_TURNS_MIN, ...THEMES[wanted ?? drawn] };
  const raised = Object.entries(least).map(([name, value]) => [name, Math.max(value, mix[name as keyof Mix])]);
  return { ...mix, ...Object.fromEntries(raised) };
}

function drawSwarm(draws: Draws): Mix {
  const faults = Object.fromEntries(
    FAULTS.map((name) => [name, draws.chance(AWAY) ? 0 : rounded(MOST[name] * draws.fraction())]),
  ) as Record<FaultName, number>;
  const turns = draws.below(draws.chance(LONG) ? LONG_TURNS_MAX : TURNS_MAX);
  return { turns, unrest: 1 + draws.below(UNREST_MAX), ...faults };
}

/** So that a mix can be read. */
const rounded = (probability: number): number => Math.round(probability * 100) / 100;

export const CALM: Mix = {
  turns: 0,
  unrest: 0,
  ...(Object.fromEntries(FAULTS.map((name) => [name, 0])) as Record<FaultName, number>),
};
