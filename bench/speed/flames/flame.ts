import { type CallFrame, type Frame, frameOf } from './frames';

/** What V8's profiler writes: times in microseconds, `startTime` on the machine's monotonic clock. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: CallFrame;
    readonly children?: readonly number[];
  }[];
  readonly startTime: number;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Microseconds of the monotonic clock, the same for every process of a machine. */
export interface TimeWindow {
  readonly from: number;
  readonly to: number;
}

export const monotonicUs = (): number => Number(process.hrtime.bigint() / 1_000n);

/** A frame with the time that it and what it called took. */
export interface Flame extends Frame {
  us: number;
  readonly children: Map<string, Flame>;
}

export const emptyFlame = (): Flame => ({ name: 'all', kind: 'node', us: 0, children: new Map() });

/** Adds what ran inside the window; several processes may be added to one flame. */
export function addProfile(flame: Flame, profile: CpuProfile, window: TimeWindow): void {
  const stacks = stacksOf(profile);
  let at = profile.startTime;
  profile.samples.forEach((sample, index) => {
    const us = profile.timeDeltas[index]!;
    at += us;
    const stack = stacks.get(sample)!;
    if (at >= window.from && at <= window.to && stack.length > 0) addStack(flame, stack, us);
  });
}

function addStack(root: Flame, stack: readonly Frame[], us: number): void {
  root.us += us;
  let flame = root;
  for (const { name, kind } of stack) {
    flame = childOf(flame, { name, kind });
    flame.us += us;
  }
}

function childOf({ children }: Flame, frame: Frame): Flame {
  const known = children.get(frame.name);
  if (known) return known;
  const child: Flame = { ...frame, us: 0, children: new Map() };
  children.set(frame.name, child);
  return child;
}

/** By the profile's own nodes: whose code was called by whose. Empty where nothing was running. */
function stacksOf({ nodes }: CpuProfile): Map<number, readonly Frame[]> {
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, frameOf(callFrame)]));
  return new Map(nodes.map(({ id }) => [id, tidy(wayTo(id, parents).flatMap((node) => frames.get(node) ?? []))]));
}

function wayTo(node: number, parents: ReadonlyMap<number, number>): number[] {
  const way: number[] = [];
  for (let at: number | undefined = node; at !== undefined; at = parents.get(at)) way.unshift(at);
  return way;
}

/** Without Node's own frames that only lead to ours, and with one frame for many of a package, or of Node, in a row. */
function tidy(stack: readonly Frame[]): Frame[] {
  const first = stack.findIndex(({ kind }) => kind !== 'node');
  const led = first > 0 ? stack.slice(first) : stack;
  return led.filter((frame, index) => {
    const before = led[index - 1];
    return before?.name !== frame.name && !(before?.kind === 'node' && frame.kind === 'node');
  });
}

/** Whose time it was: by area of our own code, by package, gc. What Node does is counted with who asked for it. */
export function sharesOf(flame: Flame): [string, number][] {
  const sums = new Map<string, number>();
  const visit = (one: Flame, owner: string): void => {
    const ours = one.kind === 'node' ? owner : one.name.split('/', one.kind === 'own' ? 1 : 2).join('/');
    const inner = [...one.children.values()];
    const own = one.us - inner.reduce((sum, { us }) => sum + us, 0);
    if (own > 0) sums.set(ours, (sums.get(ours) ?? 0) + own);
    for (const child of inner) visit(child, ours);
  };
  for (const child of flame.children.values()) visit(child, 'node');
  return [...sums].map(([name, us]): [string, number] => [name, us / flame.us]).toSorted(([, a], [, b]) => b - a);
}
