import { writeSync } from 'node:fs';

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
  'coordinator.before-ring',
  'coordinator.after-ring',
  'coordinator.before-ack',
  'coordinator.before-intake-ack',
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

const ACTIONS = ['kill', 'stop', 'throw'] as const;
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
    throw new Error(`MUSTER_FAULT is '${text}'; it must be <fault point>:<kill|stop|throw>[:<nth>].`);
  }
  return { name: point, action: deed, nth: Number(nth) };
}

// Only under test: an environment that leaks into a production start must not be able to stop it.
const asked = process.env.NODE_ENV === 'test' ? (process.env.MUSTER_FAULT ?? '') : '';
const armed = asked.split(',').filter(Boolean).map(parseFault);
const passes = new Map<FaultPoint, number>();

/** Marks a fault point in product code. Does nothing unless `MUSTER_FAULT` was set when a process under test started. */
export const faultPoint: (name: FaultPoint) => void = armed.length > 0 ? pass : () => undefined;

function pass(name: FaultPoint): void {
  const passed = (passes.get(name) ?? 0) + 1;
  passes.set(name, passed);
  const fault = armed.find((one) => one.name === name && one.nth === passed);
  if (fault) strike(fault);
}

function strike({ name, action }: ArmedFault): void {
  writeSync(STDERR, `${STRUCK} ${name}\n`);
  if (action === 'throw') throw new InjectedFault(name);
  process.kill(process.pid, action === 'kill' ? 'SIGKILL' : 'SIGSTOP');
  // A signal to oneself may take a moment to arrive; no further statement may run meanwhile.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
}
