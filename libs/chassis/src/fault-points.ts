import { existsSync, readdirSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The places where a process may be made to die, freeze or throw: before and after every commit, send, ring and
 * acknowledgement. Tests iterate over this list, so a new point is covered without anybody remembering.
 */
export const FAULT_POINTS = [
  'coordinator.before-submit-commit',
  'coordinator.after-submit-commit',
  'coordinator.before-commit',
  'coordinator.after-commit',
  'coordinator.before-withdrawal',
  'coordinator.after-withdrawal',
  'coordinator.before-give-up',
  'coordinator.after-give-up',
  'coordinator.before-dead-letter',
  'coordinator.after-dead-letter',
  'coordinator.before-prune',
  'coordinator.after-prune',
  'coordinator.before-ring',
  'coordinator.after-ring',
  'coordinator.before-ack',
  'coordinator.before-intake-ack',
  'planner.before-claim',
  'planner.after-claim',
  'planner.after-effect',
  'planner.before-settle',
  'planner.after-settle',
  'planner.before-ring',
  'planner.after-ring',
  'planner.before-ack',
  'executor.before-claim',
  'executor.after-claim',
  'executor.after-effect',
  'executor.before-settle',
  'executor.after-settle',
  'executor.before-refusal',
  'executor.after-refusal',
  'executor.before-ring',
  'executor.after-ring',
  'executor.before-ack',
  'verifier.before-probe',
  'verifier.after-probe',
  'verifier.before-evidence',
  'verifier.after-evidence',
  'verifier.before-verdict',
  'verifier.after-verdict',
  'verifier.before-ring',
  'verifier.after-ring',
  'verifier.before-ack',
] as const;
export type FaultPoint = (typeof FAULT_POINTS)[number];

/** What a process writes to its standard error just before it dies, so that a test can tell that it did, and where. */
export const STRUCK = 'Fault point struck:';
const STDERR = 2;
const SIGNAL_MS = 50;

/** `block` holds the event loop for so long, as a synchronous loop in product code would. */
const BLOCK_MS = Number(process.env.MUSTER_FAULT_BLOCK_MS ?? 2_500);

const ACTIONS = ['kill', 'stop', 'throw', 'block'] as const;
type Action = (typeof ACTIONS)[number];

/** What `MUSTER_FAULT` asks for, once or several times with commas between: at the nth pass through `name`, do `action`. */
export interface ArmedFault {
  readonly name: FaultPoint;
  readonly action: Action;
  readonly nth: number;
}

export class InjectedFault extends Error {
  constructor(name: FaultPoint) {
    super(`Injected at ${name}.`);
    this.name = 'InjectedFault';
  }
}

/** Reads `name:action[:nth]`; a spelling mistake throws, so that a crash test cannot pass because nothing crashed. */
export function parseFault(text: string): ArmedFault {
  const [name, action, nth = '1', ...rest] = text.split(':');
  const point = FAULT_POINTS.find((known) => known === name);
  const deed = ACTIONS.find((known) => known === action);
  if (!point || !deed || !/^[1-9]\d*$/.test(nth) || rest.length > 0) {
    throw new Error(`MUSTER_FAULT is '${text}'; it must be <fault point>:<kill|stop|throw|block>[:<nth>].`);
  }
  return { name: point, action: deed, nth: Number(nth) };
}

/** What a pass is made for: ids of tasks, steps, or the idempotency keys of submissions. */
export type Subjects = () => readonly string[];

// Only under test: an environment that leaks into a production start must not be able to stop it.
const isUnderTest = process.env.NODE_ENV === 'test';
const armed = (isUnderTest ? (process.env.MUSTER_FAULT ?? '') : '').split(',').filter(Boolean).map(parseFault);
const passes = new Map<FaultPoint, number>();
const folder = isUnderTest ? (process.env.MUSTER_FAULT_FOLDER ?? '') : '';

/**
 * Marks a fault point in product code. Does nothing unless a process under test was asked for a fault at its start: by
 * `MUSTER_FAULT`, or at any later time by a file of `MUSTER_FAULT_FOLDER` (see `faultFile`).
 */
export const faultPoint: (name: FaultPoint, subjects?: Subjects) => void =
  armed.length > 0 || folder ? pass : () => undefined;

/** The file that arms `name` for one subject; what it holds is the action. */
export const faultFile = (name: FaultPoint, subject: string): string => `${name}@${subject}`;

function pass(name: FaultPoint, subjects?: Subjects): void {
  const passed = (passes.get(name) ?? 0) + 1;
  passes.set(name, passed);
  const fault =
    armed.find((one) => one.name === name && one.nth === passed) ?? (folder ? taken(name, subjects) : undefined);
  if (fault) strike(fault);
}

// Several processes may pass for the same subject at once: whoever renames the file strikes, and its name then says who.
function taken(name: FaultPoint, subjects: Subjects | undefined): ArmedFault | undefined {
  for (const file of filesFor(name, subjects)) {
    try {
      renameSync(file, `${file}@${process.pid}`);
    } catch {
      continue;
    }
    return parseFault(`${name}:${readFileSync(`${file}@${process.pid}`, 'utf8')}`);
  }
  return undefined;
}

// A pass that does not say for whom it is made is made for everybody.
function filesFor(name: FaultPoint, subjects: Subjects | undefined): string[] {
  const files = subjects
    ? subjects().map((subject) => faultFile(name, subject))
    : readdirSync(folder).filter((file) => file.startsWith(`${name}@`) && file.split('@').length === 2);
  return files.map((file) => join(folder, file)).filter((file) => existsSync(file));
}

function strike({ name, action }: ArmedFault): void {
  writeSync(STDERR, `${STRUCK} ${name}\n`);
  if (action === 'throw') throw new InjectedFault(name);
  if (action === 'block') return hold(BLOCK_MS);
  process.kill(process.pid, action === 'kill' ? 'SIGKILL' : 'SIGSTOP');
  // A signal to oneself may take a moment to arrive; no further statement may run meanwhile.
  hold(SIGNAL_MS);
}

function hold(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
