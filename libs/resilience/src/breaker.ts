import { EventEmitter } from 'node:events';
import type { BreakerPolicy } from '@muster/domain';
import CircuitBreaker from 'opossum';

export type BreakerState = 'closed' | 'open' | 'half-open';

/** What a call says about the health of its tool. `none`: nothing, as when we aborted it ourselves. */
export type HealthSign = 'healthy' | 'ailing' | 'none';

/** Leave for one call. Ends in exactly one of `run` and `giveBack`; after that both do nothing to the breaker. */
export interface BreakerPermit {
  /** Runs the call, whatever the breaker has become meanwhile, and reports its sign. Rejects only as the call does. */
  run<T>(call: () => Promise<T>, signOf: (result: T) => HealthSign): Promise<T>;
  /** The call was not made after all (its claim was refused): a half-open breaker may admit another trial. */
  giveBack(): void;
}

export type Admission =
  | { readonly admitted: true; readonly permit: BreakerPermit }
  | { readonly admitted: false; readonly retryAfterMs: number };

export interface BreakerSnapshot {
  readonly state: BreakerState;
  /** Signs within the window. */
  readonly failures: number;
  readonly successes: number;
  /** Calls not admitted since the breaker was last closed. */
  readonly rejects: number;
  /** When it last opened; absent while closed. */
  readonly openedAt?: Date;
}

/** How soon to ask again while another call is trying out a half-open breaker; its end cannot be foreseen. */
export const TRIAL_RETRY_MS = 250;
const WINDOW_BUCKETS = 10;

/**
 * Whether a tool is worth calling. Used before the claim, so that nothing counts as sent that was not: `ask` admits or
 * says when to come again, the permit reports afterwards. It changes when calls are made, never what came of one.
 *
 * opossum keeps the statistics and the state; it does not run the calls. It counts a call when it starts and its failure
 * when it ends, so that calls longer than its window would fail for ever without opening it; its own timeout and capacity
 * free their place while the call still runs. Hence it is told of each call once, at its end.
 */
export class Breaker {
  private readonly circuit: CircuitBreaker<[HealthSign], void>;
  private readonly rotation = new EventEmitter();
  private readonly rotationTimer: NodeJS.Timeout;
  private trialIsOut = false;
  private rejects = 0;
  private openedAtMs = 0;
  private openedAt?: Date;

  /** `windowMs`: over which signs are counted. `changed` is called after every change of state. */
  constructor(
    private readonly policy: BreakerPolicy,
    windowMs: number,
    private readonly changed: (snapshot: BreakerSnapshot) => void = () => undefined,
  ) {
    this.circuit = new CircuitBreaker(reportSign, {
      timeout: false,
      resetTimeout: policy.resetTimeoutMs,
      volumeThreshold: Math.max(1, policy.volumeThreshold),
      // opossum opens above the threshold; a contract that says 100 means "when all of them fail".
      errorThresholdPercentage: Math.max(0, policy.errorThresholdPercentage - 1e-9),
      rollingCountBuckets: WINDOW_BUCKETS,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      rotateBucketController: this.rotation,
    });
    this.rotationTimer = setInterval(() => this.rotation.emit('rotate'), windowMs / WINDOW_BUCKETS).unref();
    this.followCircuit();
  }

  get state(): BreakerState {
    if (this.circuit.closed) return 'closed';
    return this.circuit.halfOpen ? 'half-open' : 'open';
  }

  get snapshot(): BreakerSnapshot {
    const { failures, successes } = this.circuit.stats;
    return { state: this.state, failures, successes, rejects: this.rejects, openedAt: this.openedAt };
  }

  /** Half-open admits one trial at a time. Whoever is admitted has to use the permit or give it back. */
  ask(): Admission {
    const { state } = this;
    if (state === 'closed') return { admitted: true, permit: this.permit(false) };
    if (state === 'half-open' && !this.trialIsOut) {
      this.trialIsOut = true;
      return { admitted: true, permit: this.permit(true) };
    }
    this.rejects++;
    return { admitted: false, retryAfterMs: state === 'open' ? this.msUntilTrial() : TRIAL_RETRY_MS };
  }

  /** Stops its timers. Permits that are out stay usable; their signs are no longer counted. */
  shutdown(): void {
    clearInterval(this.rotationTimer);
    this.circuit.shutdown();
  }

  private permit(isTrial: boolean): BreakerPermit {
    let spent = false;
    const spend = async (sign: HealthSign): Promise<void> => {
      if (spent) return;
      spent = true;
      await this.report(sign, isTrial);
    };
    return {
      run: (call, signOf) => runAndReport(call, signOf, spend),
      giveBack: () => void spend('none'),
    };
  }

  private async report(sign: HealthSign, isTrial: boolean): Promise<void> {
    // Only its trial speaks to a half-open breaker: calls that began before it opened tell of the time before.
    const listening = this.state === 'closed' || (this.state === 'half-open' && isTrial);
    if (isTrial) this.trialIsOut = false;
    if (sign === 'none' || !listening) return;
    await this.circuit.fire(sign).catch(expectAiling);
  }

  private followCircuit(): void {
    this.circuit.on('open', () => {
      this.openedAtMs = performance.now();
      this.openedAt = new Date();
      this.changed(this.snapshot);
    });
    this.circuit.on('halfOpen', () => this.changed(this.snapshot));
    this.circuit.on('close', () => {
      this.startAfresh();
      this.changed(this.snapshot);
    });
  }

  /** The failures that opened it are still in opossum's window: without this the first new one would open it again. */
  private startAfresh(): void {
    for (let bucket = 0; bucket < WINDOW_BUCKETS; bucket++) this.rotation.emit('rotate');
    this.rejects = 0;
    this.openedAt = undefined;
  }

  private msUntilTrial(): number {
    return Math.max(1, Math.ceil(this.openedAtMs + this.policy.resetTimeoutMs - performance.now()));
  }
}

class Ailing extends Error {}

/** The action that opossum sees: not the call, only what was learnt from it. */
async function reportSign(sign: HealthSign): Promise<void> {
  if (sign === 'ailing') throw new Ailing('The call says that its tool is ailing.');
}

/** opossum rejects with what the action threw; anything else would be a bug of ours and must be seen. */
function expectAiling(error: unknown): void {
  if (!(error instanceof Ailing)) throw error;
}

async function runAndReport<T>(
  call: () => Promise<T>,
  signOf: (result: T) => HealthSign,
  report: (sign: HealthSign) => Promise<void>,
): Promise<T> {
  let sign: HealthSign = 'none';
  try {
    const result = await call();
    sign = signOf(result);
    return result;
  } finally {
    await report(sign);
  }
}
