import { type Breaker, conditionOf, type Queue, type Readiness, type Task, type Worker } from '@muster/client';
import { outline } from '../render/outline';
import { PLAIN } from '../render/paint';
import { count } from '../render/words';

/** What the doctor saw. */
export interface Look {
  readonly readiness: Readiness;
  readonly workers: readonly Worker[];
  readonly breakers: readonly Breaker[];
  readonly queues: readonly Queue[];
  readonly tasks: readonly Task[];
}

export interface Finding {
  readonly what: string;
  readonly verdict: 'good' | 'warn' | 'bad';
  readonly says: string;
  readonly more: readonly string[];
}

/** The services without which no task can move. */
const SERVICES = ['coordinator', 'executor', 'verifier'] as const;

/** Pure: what is well, what is not, and what to do about it. */
export const examine = (look: Look): Finding[] => [
  readinessFinding(look.readiness),
  ...SERVICES.map((service) => serviceFinding(service, look.workers)),
  breakerFinding(look.breakers),
  { what: 'queues', verdict: 'good', says: count(look.queues.length, 'queue'), more: look.queues.map(queueLine) },
  attentionFinding(look.tasks),
];

function readinessFinding(readiness: Readiness): Finding {
  if (readiness.ready) return { what: 'ready', verdict: 'good', says: 'it takes and moves work', more: [] };
  const says = `it says that it is not ready (${readiness.status})`;
  return { what: 'ready', verdict: 'bad', says, more: outline(readiness.body, PLAIN) };
}

function serviceFinding(service: string, workers: readonly Worker[]): Finding {
  const ready = workers.filter((worker) => worker.service === service && worker.state === 'ready');
  const says = ready.length ? `pid ${ready.map((worker) => worker.pid).join(', ')}` : 'none is running';
  return { what: service, verdict: ready.length ? 'good' : 'bad', says, more: [] };
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

function queueLine({ name, ...rest }: Queue): string {
  const numbers = Object.entries(rest).flatMap(([key, value]) => numbersIn(key, value));
  return numbers.length ? `${name}: ${numbers.join(', ')}` : name;
}

function numbersIn(name: string, value: unknown): string[] {
  if (typeof value === 'number') return value ? [`${value} ${name}`] : [];
  return typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, inner]) => numbersIn(key, inner))
    : [];
}

function attentionFinding(tasks: readonly Task[]): Finding {
  const waiting = tasks.flatMap((task) => {
    const condition = conditionOf(task, 'NeedsAttention');
    return condition ? [`${task.id}: ${condition.message ?? condition.reason ?? ''} (muster explain ${task.id})`] : [];
  });
  const says = waiting.length ? `${count(waiting.length, 'task')} waiting for a person` : 'no task waits for a person';
  return { what: 'attention', verdict: waiting.length ? 'warn' : 'good', says, more: waiting };
}
