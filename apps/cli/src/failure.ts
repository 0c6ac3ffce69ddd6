import { MusterProblem, MusterUnreachable } from '@muster/client';
import { EXIT, type ExitCode } from './exit-codes';
import { type Paint, padTo, safe } from './render/paint';
import { UsageFault } from './usage.fault';

export interface Told {
  readonly lines: readonly string[];
  readonly exitCode: ExitCode;
}

/** Turns whatever ended a command into what a person reads: what happened, where, and what to do next. */
export function tell(failure: unknown, paint: Paint, connectionSource?: string): Told {
  if (failure instanceof MusterProblem) return { lines: problemLines(failure, paint), exitCode: EXIT.problem };
  if (failure instanceof MusterUnreachable) {
    return { lines: unreachableLines(failure, paint, connectionSource), exitCode: EXIT.unreachable };
  }
  if (failure instanceof UsageFault)
    return { lines: [`${paint.bad('✗')} ${safe(failure.message)}`], exitCode: EXIT.usage };
  if (failure instanceof Error && failure.name === 'AbortError') return { lines: [], exitCode: EXIT.interrupted };
  const text = failure instanceof Error ? failure.message : String(failure);
  return { lines: [`${paint.bad('✗')} ${safe(text)}`], exitCode: EXIT.problem };
}

function problemLines(fault: MusterProblem, paint: Paint): string[] {
  const width = Math.max(0, ...fault.errors.map((error) => error.pointer.length));
  return [
    `${paint.bad('✗')} ${safe(fault.message)} ${paint.quiet(`[${fault.code}]`)}`,
    ...fault.errors.map(
      (error) => `  ${paint.strong(padTo(safe(error.pointer) || '/', width))}  ${safe(error.message)}`,
    ),
    ...remedyFor(fault).map((line) => `  ${line}`),
    ...(fault.requestId ? [paint.quiet(`  request ${safe(fault.requestId)}`)] : []),
  ];
}

function remedyFor(fault: MusterProblem): string[] {
  if (fault.status === 401)
    return ['Give an API key: --key, MUSTER_KEY, or run this where .muster/connection.json is found.'];
  if (fault.status === 403) return ['This key lacks the scope for it.'];
  if (fault.retryable) return ['The same request may succeed later.'];
  return [];
}

function unreachableLines(fault: MusterUnreachable, paint: Paint, source?: string): string[] {
  return [
    `${paint.bad('✗')} ${safe(fault.message)}`,
    ...(source ? [paint.quiet(`  The address is taken from ${source}.`)] : []),
    '  Is Muster running? Start it with: npm start',
  ];
}
