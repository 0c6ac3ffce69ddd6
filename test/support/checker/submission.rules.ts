import { TERMINAL_TASK_STATES } from '@muster/client';
import { type Docket, groups } from './docket';
import type { Submission, TaskRecord } from './evidence';
import type { Finding } from './findings';

const CONFLICT = 409;
const SERVER_FAULT = 500;

/** G1: whatever was acknowledged is there. */
export function lostSubmissions({ testimony, tasks }: Docket): Finding[] {
  return testimony.submissions.flatMap(({ key, answer }): Finding[] => {
    if (answer.kind !== 'accepted' || tasks.get(answer.taskId)?.key === key) return [];
    const says = `It was answered ${answer.status} with task ${answer.taskId}, which the database does not have under this key.`;
    return [{ rule: 'lost-submission', subject: key, says }];
  });
}

/** G1: it ends, or waits for a person with the reason stated; also where the answer never reached its caller. */
export function tasksWithoutEnd({ testimony }: Docket): Finding[] {
  return testimony.database.tasks
    .filter((task) => !hasEnded(task) && !task.attention)
    .map(({ id, state }) => ({
      rule: 'never-ends',
      subject: id,
      says: `It rests in ${state}, and nobody is told what it waits for.`,
    }));
}

const hasEnded = ({ state }: TaskRecord): boolean => (TERMINAL_TASK_STATES as readonly string[]).includes(state);

/** G2: one key, one body, one task. */
export function confusedKeys({ testimony }: Docket): Finding[] {
  const stored = groups(testimony.database.tasks, ({ key }) => key ?? '');
  return [...groups(testimony.submissions, ({ key }) => key)].flatMap(([key, submissions]) => [
    ...tasksOf(key, submissions, stored.get(key) ?? []),
    ...bodiesOf(key, submissions),
  ]);
}

function tasksOf(key: string, submissions: readonly Submission[], stored: readonly TaskRecord[]): Finding[] {
  const told = submissions.flatMap(({ answer }) => (answer.kind === 'accepted' ? [answer.taskId] : []));
  const ids = new Set([...told, ...stored.map(({ id }) => id)]);
  return ids.size <= 1 ? [] : [{ rule: 'key-with-two-tasks', subject: key, says: `There are ${[...ids].join(', ')}.` }];
}

/** A body that was accepted is accepted again, and then no other is. */
function bodiesOf(key: string, submissions: readonly Submission[]): Finding[] {
  const accepted = new Set(
    submissions.filter(({ answer }) => answer.kind === 'accepted').map(({ bodyHash }) => bodyHash),
  );
  const findings: Finding[] = [];
  if (accepted.size > 1) {
    findings.push({ rule: 'key-with-two-bodies', subject: key, says: `${accepted.size} bodies were accepted.` });
  }
  const denied = submissions.find(({ bodyHash, answer }) => accepted.has(bodyHash) && isFinalRefusal(answer));
  if (denied) {
    const says = `The same body was accepted once and once answered ${JSON.stringify(denied.answer)}.`;
    findings.push({ rule: 'repeat-refused', subject: key, says });
  }
  return findings;
}

/** Another one with the same key may still be at work (409), or the database away (503). */
const isFinalRefusal = (answer: Submission['answer']): boolean =>
  answer.kind === 'refused' && answer.status !== CONFLICT && answer.status < SERVER_FAULT;
