import { conditionOf, type Failure, type Operation, type Step, type StepState } from '@muster/client';
import { type Paint, padTo, safe } from './paint';
import { duration } from './words';

/** A `forEach` shows at most this many of its items: first those that did not simply succeed. */
const ITEMS_SHOWN_MAX = 12;

export interface TreeOptions {
  readonly paint: Paint;
  readonly now: number;
  readonly itemsShownMax?: number;
}

type Tone = keyof Paint;
const LOOKS: Record<StepState, readonly [symbol: string, tone: Tone]> = {
  pending: ['○', 'quiet'],
  ready: ['○', 'quiet'],
  dispatched: ['◌', 'active'],
  executing: ['●', 'active'],
  waiting: ['◔', 'warn'],
  verifying: ['◑', 'active'],
  parked: ['‖', 'warn'],
  succeeded: ['✓', 'good'],
  failed: ['✗', 'bad'],
  skipped: ['–', 'quiet'],
  cancelled: ['⊘', 'quiet'],
  compensated: ['↩', 'warn'],
};

/** Executed and verified are different facts and read differently. */
export function wordFor(step: Step): string {
  if (step.state !== 'succeeded') return step.state;
  return conditionOf(step, 'Verified') ? 'verified' : 'succeeded';
}

const stateWord = (step: Step, paint: Paint): string => paint[toneOf(step)](`${symbolOf(step)} ${wordFor(step)}`);

const symbolOf = (step: Step): string => LOOKS[step.state]?.[0] ?? '?';
const toneOf = (step: Step): Tone => LOOKS[step.state]?.[1] ?? 'strong';

interface Branch {
  readonly step: Step;
  readonly items: readonly Branch[];
}

/** `tell[3]` belongs to `tell`, `work/2` to `work`, `work/2/1` to `work/2`. */
function branchesOf(steps: readonly Step[]): Branch[] {
  const roots: Branch[] = [];
  const byKey = new Map<string, { step: Step; items: Branch[] }>();
  for (const step of steps) byKey.set(step.key, { step, items: [] });
  for (const branch of byKey.values()) {
    const parent = /^(.+)(?:\[\d+\]|\/\d+)$/.exec(branch.step.key)?.[1];
    (byKey.get(parent ?? '')?.items ?? roots).push(branch);
  }
  return roots;
}

/** One line a step, items of a `forEach` and calls of an agent under it, what went wrong at the end of the line. */
export function stepTree(
  steps: readonly Step[],
  operations: readonly Operation[],
  { paint, now, itemsShownMax = ITEMS_SHOWN_MAX }: TreeOptions,
): string[] {
  const operationOf = new Map(operations.map((operation) => [operation.id, operation]));
  const line = (step: Step, lead: string, keyWidth: number, more: string) =>
    `${lead}${padTo(paint.strong(safe(step.key)), keyWidth)}  ${padTo(stateWord(step, paint), 12)}  ${[
      more,
      remarks(step, operationOf.get(step.operationId ?? ''), now, paint),
    ]
      .filter(Boolean)
      .join('  ')}`.trimEnd();
  const lines = (branches: readonly Branch[], lead: string): string[] => {
    const width = Math.max(0, ...branches.map(({ step }) => step.key.length));
    const callees = Math.max(0, ...branches.map(({ step, items }) => (items.length > 0 ? 0 : calleeOf(step).length)));
    return branches.flatMap(({ step, items }) => {
      const shown = mostTelling(items, itemsShownMax);
      const hidden = items.length - shown.length;
      return [
        line(step, lead, width, padded(aboutStep(step, items, lead === '', paint), callees)),
        ...lines(shown, `${lead}  `),
        ...(hidden > 0 && shown.length > 0 ? [`${lead}  ${paint.quiet(`… and ${hidden} more`)}`] : []),
      ];
    });
  };
  return lines(branchesOf(steps), '');
}

/** Nothing where there is nothing to say. */
const padded = (text: string, width: number): string => (text === '' ? '' : padTo(text, width));

/** How far a forEach is, or what a step calls; the items of a forEach all call the same. */
function aboutStep(step: Step, items: readonly Branch[], isRoot: boolean, paint: Paint): string {
  const isAgent = step.kind === 'agent' && step.key !== items[0]?.step.key.replace(/\[\d+\]$/, '');
  if (items.length > 0 && !isAgent)
    return progress(
      items.map((item) => item.step),
      paint,
    );
  return isRoot || isAgent || step.key.includes('/') ? paint.quiet(safe(calleeOf(step))) : '';
}

/** An approval calls nobody. */
const calleeOf = ({ tool, agent }: Step): string => (tool === APPROVAL ? 'approval' : (tool ?? agent ?? ''));
const APPROVAL = 'muster:approval';

const BAR_WIDTH = 12;
const ENDED: readonly StepState[] = ['succeeded', 'failed', 'skipped', 'cancelled', 'compensated'];

function progress(items: readonly Step[], paint: Paint): string {
  const done = items.filter((item) => ENDED.includes(item.state)).length;
  const filled = Math.floor((done / items.length) * BAR_WIDTH);
  return `${paint.good('━'.repeat(filled))}${paint.quiet('─'.repeat(BAR_WIDTH - filled))} ${done}/${items.length}`;
}

const RANK: Partial<Record<StepState, number>> = {
  parked: 0,
  failed: 1,
  waiting: 2,
  executing: 3,
  verifying: 4,
  dispatched: 5,
};

/** The items a person wants to see, back in their own order. */
function mostTelling(items: readonly Branch[], max: number): Branch[] {
  const rankOf = ({ step }: Branch) => RANK[step.state] ?? 9;
  const chosen = new Set([...items].sort((a, b) => rankOf(a) - rankOf(b)).slice(0, max));
  return items.filter((item) => chosen.has(item));
}

function remarks(step: Step, operation: Operation | undefined, now: number, paint: Paint): string {
  const parts: string[] = [];
  if (operation && operation.sendings > 1) parts.push(paint.warn(`sent ${operation.sendings} times`));
  if (operation && operation.state === 'unknown') parts.push(paint.warn('outcome unknown'));
  if (step.startedAt)
    parts.push(paint.quiet(duration(Math.max(0, timeOf(step.finishedAt, now) - Date.parse(step.startedAt)))));
  const reason = reasonOf(step);
  if (reason) parts.push(step.state === 'failed' ? paint.bad(reason) : paint.warn(reason));
  return parts.join(', ');
}

const timeOf = (at: string | undefined, now: number): number => (at ? Date.parse(at) : now);

/** What a step waits for, as the API names it, in a person's words; `explain` tells the whole of it. */
const WAITS: Readonly<Record<string, string>> = {
  // The bar beside it says so already.
  items: '',
  // The calls under it say so already.
  agent: '',
  probe: 'the tool is asked what happened',
  retry: 'to be tried again',
  breaker: 'the breaker of its tool is open',
};

/** Why a step waits or failed. */
function reasonOf(step: Step): string | undefined {
  if (step.failure) return failureText(step.failure);
  const isUnsent = step.state === 'skipped' && step.key.includes('/');
  if (step.state !== 'waiting' && step.state !== 'parked' && !isUnsent) return undefined;
  const [condition] = step.conditions ?? [];
  const reason = condition?.reason ?? condition?.type;
  const text = condition?.message ?? (reason && (WAITS[reason] ?? reason));
  return text && safe(text);
}

export function failureText(failure: Failure): string {
  const code = failure.exitReason ?? failure.status ?? 'failed';
  return safe(failure.message ? `${code}: ${failure.message}` : code);
}
