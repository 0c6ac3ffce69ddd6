import { isJsonObject, type JsonValue, type StepCondition } from '@muster/domain';
import { storedJson } from '../readers/stored-json';
import { plural, span } from './parts';

/** What a step waits for, in a sentence; empty where it waits for nothing. */
export function waitsFor(stored: string, waitingOn: number, now: Date): string {
  const condition = storedJson(stored);
  if (!isJsonObject(condition) || typeof condition.kind !== 'string') return '';
  return sentence(condition as unknown as StepCondition, waitingOn, now);
}

function sentence(condition: StepCondition, waitingOn: number, now: Date): string {
  switch (condition.kind) {
    case 'needs':
      return waitingOn === 1 ? 'waits for 1 step before it' : `waits for ${waitingOn} steps before it`;
    case 'window':
      return 'waits for room in the tenant’s window';
    case 'slot':
      return 'waits for a slot of its forEach';
    case 'answer':
      return 'an executor has it; its answer is awaited';
    case 'after':
      return 'goes on when the step before it in its run has succeeded';
    case 'retry':
      return `tries again ${until(condition.at, now)} (${condition.class}, attempt ${condition.attempt})`;
    case 'probe':
      return `the tool is asked what became of it, ${until(condition.notBefore, now)} (${condition.reason})`;
    case 'breaker':
      return `the breaker of ${condition.tool} is open; tries again ${until(condition.until, now)}`;
    case 'items':
      return `its ${plural(condition.total, 'item')} run${condition.total === 1 ? 's' : ''}${condition.failed > 0 ? `; ${condition.failed} failed` : ''}`;
    case 'agent':
      return `its calls run, round ${condition.round}`;
    case 'verdict':
      return `the verifier has not spoken in round ${condition.round}`;
    case 'person':
      return condition.message;
    case 'none':
      return '';
    default:
      // A row written by a newer version: its own words are better than none.
      return JSON.stringify(condition satisfies never);
  }
}

function until(at: string, now: Date): string {
  const ms = Date.parse(at) - now.getTime();
  return ms > 0 ? `in ${span(ms)}` : 'any moment';
}

/** The message of a failure record, with its exit reason. */
export function failureOf(stored: string | null): { readonly reason: string; readonly message: string } | undefined {
  const failure = storedJson(stored);
  if (!isJsonObject(failure)) return undefined;
  return { reason: textOf(failure.exitReason), message: textOf(failure.message) };
}

const textOf = (value: JsonValue | undefined): string =>
  typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);

/** How many tries of each class a step has had: `2 unknown, 1 notDone`. */
export function attemptsOf(stored: string): string {
  const attempts = storedJson(stored);
  if (!isJsonObject(attempts)) return '';
  return Object.entries(attempts)
    .map(([name, count]) => `${String(count)} ${name}`)
    .join(', ');
}
