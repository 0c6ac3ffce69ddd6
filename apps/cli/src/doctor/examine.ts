import {
  type Breaker,
  conditionOf,
  type Diagnosis,
  type InvariantFinding,
  type Queue,
  type Readiness,
  type ServiceFinding,
  type Task,
} from '@muster/client';
import { outline } from '../render/outline';
import { PLAIN } from '../render/paint';
import { count } from '../render/words';

/** What the doctor saw. */
export interface Look {
  readonly readiness: Readiness;
  readonly diagnosis: Diagnosis;
  readonly breakers: readonly Breaker[];
  readonly tasks: readonly Task[];
}

export interface Finding {
  readonly what: string;
  readonly verdict: 'good' | 'warn' | 'bad';
  readonly says: string;
  readonly more: readonly string[];
}

/** Pure: what is well, what is not, and what to do about it. */
export const examine = ({ readiness, diagnosis, breakers, tasks }: Look): Finding[] => [
  readinessFinding(readiness),
  databaseFinding(diagnosis),
  queueFinding(diagnosis),
  ...diagnosis.workers.services.map(serviceFinding),
  breakerFinding(breakers),
  invariantFinding(diagnosis.invariants),
  attentionFinding(tasks),
];

function readinessFinding(readiness: Readiness): Finding {
  if (readiness.ready) return { what: 'ready', verdict: 'good', says: 'it takes and moves work', more: [] };
  const says = `it says that it is not ready (${readiness.status})`;
  return { what: 'ready', verdict: 'bad', says, more: outline(readiness.body, PLAIN) };
}

function databaseFinding({ database: { ok, message, latencyMs } }: Diagnosis): Finding {
  const says = latencyMs === undefined ? message : `${message}, answers in ${latencyMs} ms`;
  return { what: 'database', verdict: ok ? 'good' : 'bad', says, more: [] };
}

// Without its queues Muster goes on, slower: the sweeper finds what nobody was woken for.
function queueFinding({ queue: { ok, backend, message, queues } }: Diagnosis): Finding {
  const busy = queues.map(queueLine).filter((line) => line !== '');
  if (!ok) {
    const more = ['tasks are taken and kept all the same; their steps go on when it answers'];
    return { what: 'queue', verdict: 'bad', says: `${backend}: ${message}`, more };
  }
  return { what: 'queue', verdict: 'good', says: busy.length ? message : `${message}, nothing waits`, more: busy };
}

function queueLine({ name, ...rest }: Queue): string {
  const numbers = Object.entries(rest).flatMap(([key, value]) => numbersIn(key, value));
  return numbers.length ? `${name}: ${numbers.join(', ')}` : '';
}

function numbersIn(name: string, value: unknown): string[] {
  if (typeof value === 'number') return value ? [`${value} ${name}`] : [];
  return typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, inner]) => numbersIn(key, inner))
    : [];
}

function serviceFinding({ service, required, pids }: ServiceFinding): Finding {
  const says = pids.length
    ? `${count(pids.length, 'process', 'processes')} ready, pid ${pids.join(', ')}`
    : 'none is ready';
  return { what: service, verdict: pids.length ? 'good' : required ? 'bad' : 'warn', says, more: [] };
}

function breakerFinding(breakers: readonly Breaker[]): Finding {
  const open = breakers.filter((breaker) => breaker.state !== 'closed');
  const says = open.length ? `${count(open.length, 'tool')} held back` : 'all closed';
  return {
    what: 'breakers',
    verdict: open.length ? 'warn' : 'good',
    says,
    more: open.map((breaker) => `${breaker.tool} is ${breaker.state}: its steps wait without spending attempts`),
  };
}

function invariantFinding(invariants: readonly InvariantFinding[]): Finding {
  const broken = invariants.filter(({ breaches }) => breaches > 0);
  const late = invariants.filter(({ checked }) => !checked);
  const more = [
    ...broken.flatMap(brokenLines),
    ...(late.length ? [`not checked, since the time was up: ${late.map(({ name }) => name).join(', ')}`] : []),
  ];
  if (broken.length)
    return { what: 'invariants', verdict: 'bad', says: `${broken.length} of ${invariants.length} broken`, more };
  const says = `${invariants.length - late.length} of ${invariants.length} checked, all hold`;
  return { what: 'invariants', verdict: late.length || invariants.length === 0 ? 'warn' : 'good', says, more };
}

function brokenLines({ name, promise, breaches, rows = [], remedy }: InvariantFinding): string[] {
  return [
    `${name}: ${rowsOf(breaches)} against: ${promise}`,
    ...rows.map((row) => `  ${JSON.stringify(row)}`),
    ...(remedy ? [`  ${remedy}`] : []),
  ];
}

// Only the first few are counted.
const rowsOf = (breaches: number): string => (breaches < 5 ? count(breaches, 'row') : '5 rows or more');

function attentionFinding(tasks: readonly Task[]): Finding {
  const waiting = tasks.flatMap((task) => {
    const condition = conditionOf(task, 'NeedsAttention');
    return condition ? [`${task.id}: ${condition.message ?? condition.reason ?? ''}`] : [];
  });
  const says = waiting.length ? `${count(waiting.length, 'task')} waiting for a person` : 'no task waits for a person';
  return { what: 'attention', verdict: waiting.length ? 'warn' : 'good', says, more: waiting };
}
