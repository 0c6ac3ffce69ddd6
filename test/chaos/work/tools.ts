import type { ToolContract } from '@muster/domain';
import { reportWrite } from '../../../apps/executor/src/tools/builtin/report-write';
import type { EffectSink, SinkEffect, SinkScript } from '../../support/sink/effect-sink';

/** How every tool misbehaves, in parts of a thousand or so; what is left over is `ok`. */
const USUAL: SinkScript = {
  ok: 880,
  slow: 30,
  'hang-before': 1,
  'hang-after': 1,
  'reset-before': 12,
  'reset-after': 20,
  'late-effect': 10,
  'error-after': 15,
  truncated: 6,
  'too-many': 6,
  unavailable: 12,
  reject: 3,
  huge: 0.1,
};

interface ChaosTool {
  readonly effect: SinkEffect;
  readonly script: SinkScript;
}

/** One tool of each class over HTTP. Only those that can be asked lie: of the others nobody could find it out. */
export const SINK_TOOLS: Readonly<Record<string, ChaosTool>> = {
  read: { effect: 'none', script: USUAL },
  pay: { effect: 'keyed', script: { ...USUAL, 'wrong-echo': 4 } },
  book: { effect: 'probed', script: { ...USUAL, phantom: 4, 'wrong-echo': 2 } },
  mail: { effect: 'opaque', script: { ...USUAL, twice: 2 } },
};

/** The one that writes in our own database. */
export const RECORD = reportWrite.contract.name;

// A tool that is away for a moment must not keep the rest of a run waiting.
const BREAKER = { resetTimeoutMs: 300 };
const RETRY = { maxAttempts: 8, backoffMs: 20, maxBackoffMs: 400 };
const MAX_CONCURRENCY = 128;
/** So long that a busy machine is not taken for a tool that hangs. */
const TIMEOUT_MS = 5_000;

export function chaosContracts(sink: EffectSink): ToolContract[] {
  const given = { breaker: BREAKER, retry: RETRY, maxConcurrency: MAX_CONCURRENCY, timeoutMs: TIMEOUT_MS };
  const overHttp = Object.entries(SINK_TOOLS).map(([name, { effect }]) => sink.contract(name, effect, given));
  return [...overHttp, reportWrite.contract];
}

export const chaosScripts = (): Record<string, SinkScript> =>
  Object.fromEntries(Object.entries(SINK_TOOLS).map(([name, { script }]) => [name, script]));
