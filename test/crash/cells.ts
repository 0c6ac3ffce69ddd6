import { FAULT_POINTS, type FaultPoint } from '@muster/chassis';
import type { EffectClass } from '@muster/domain';
import type { SinkBehaviour } from '../support/sink/effect-sink';
import { seeded, shuffled } from './draw';

/** How the process is struck: dead at once, or frozen past its lease and then thawed. */
export const SIGNALS = ['kill', 'stop'] as const;
export type Signal = (typeof SIGNALS)[number];

export const EFFECTS: readonly EffectClass[] = ['none', 'transactional', 'keyed', 'probed', 'opaque'];

/** How the tool behaves at the first request; at later ones it behaves well. */
export const BEHAVIOURS = [
  'ok',
  'slow',
  'reset-before',
  'reset-after',
  'late-effect',
  'error-after',
  'truncated',
  'hang-after',
  'unavailable',
  'reject',
] as const satisfies readonly SinkBehaviour[];
export type CellBehaviour = (typeof BEHAVIOURS)[number];

/** One experiment: a process is struck at this point, at work for a step of this class whose tool behaves so. */
export interface Cell {
  readonly point: FaultPoint;
  readonly signal: Signal;
  readonly effect: EffectClass;
  readonly behaviour: CellBehaviour;
}

export const nameOf = ({ point, signal, effect, behaviour }: Cell): string =>
  `${point} ${signal} ${effect} ${behaviour}`;

/**
 * What a cell's task goes through besides its work, so that the point is passed: it comes as a job of the queue, beside a
 * job that is refused, is cancelled, cannot be sent, is a goal that a model makes a plan of, or ended so long ago that it is
 * removed.
 */
export type Scene = 'work' | 'submission' | 'job' | 'letter' | 'cancel' | 'refusal' | 'goal' | 'prune';

const SCENES: readonly (readonly [RegExp, Scene])[] = [
  [/submit/, 'submission'],
  [/intake/, 'job'],
  [/letter/, 'letter'],
  [/withdrawal/, 'cancel'],
  [/refusal/, 'refusal'],
  [/^planner/, 'goal'],
  [/prune/, 'prune'],
];

export const sceneOf = (point: FaultPoint): Scene => SCENES.find(([part]) => part.test(point))?.[1] ?? 'work';

export const serviceOf = (point: FaultPoint): string => point.split('.')[0] ?? '';

/** Every cell there is, in the order of the list of fault points. */
export function allCells(): Cell[] {
  return FAULT_POINTS.flatMap((point) =>
    SIGNALS.flatMap((signal) =>
      EFFECTS.flatMap((effect) =>
        BEHAVIOURS.map((behaviour) => ({ point, signal, effect, behaviour })).filter(isReached),
      ),
    ),
  );
}

/** Whether work of this kind passes the point at all. A point that nobody spoke of here has to be passed by all of it. */
function isReached({ point, effect, behaviour }: Cell): boolean {
  // Such a tool is a part of the executor: it has no ways of its own.
  if (effect === 'transactional' && behaviour !== 'ok') return false;
  // Nobody else can be asked; and a rejection leaves nothing to ask about.
  if (isAsked(point)) return (effect === 'probed' || effect === 'keyed' || effect === 'none') && behaviour !== 'reject';
  switch (sceneOf(point)) {
    // No byte leaves for the tool.
    case 'refusal':
      return behaviour === 'ok';
    // The refused job is another one than the task's; a plan is made before its tools are called, and rows are removed
    // when they are over.
    case 'letter':
    case 'goal':
    case 'prune':
      return effect === 'none' && behaviour === 'ok';
    // A rejection ends the task before anybody cancels it.
    case 'cancel':
      return behaviour !== 'reject';
    default:
      // What was rejected is not verified.
      return serviceOf(point) !== 'verifier' || behaviour !== 'reject';
  }
}

/** Whether the tool is asked what it did, on the way to the point. */
export const isAsked = (point: FaultPoint): boolean => /probe|evidence/.test(point);

/** A sample in which each point meets each signal equally often, of all classes and behaviours; the same for one seed. */
export function sampleOf(cells: readonly Cell[], size: number, seed: number): Cell[] {
  const groups = Map.groupBy(cells, ({ point, signal }) => `${point} ${signal}`);
  const draw = seeded(seed);
  const queues = [...groups.values()].map((group) => spread(shuffled(group, draw)));
  const sample: Cell[] = [];
  for (let turn = 0; sample.length < size && sample.length < cells.length; turn++) {
    sample.push(...queues.flatMap((queue) => queue[turn] ?? []));
  }
  return sample;
}

/** The same cells, their classes taking turns. */
function spread(cells: readonly Cell[]): Cell[] {
  const byEffect = [...Map.groupBy(cells, ({ effect }) => effect).values()];
  return cells.flatMap((_, turn) => byEffect.flatMap((group) => group[turn] ?? []));
}
