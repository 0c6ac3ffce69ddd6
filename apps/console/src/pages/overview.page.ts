import { STEP, statesOf, TASK } from '@muster/domain';
import type { QueueDepth } from '@muster/messaging';
import type { BreakerLine, Overview, ParkedStep, WorkerLine } from '../readers/overview.reader';
import type { TaskLine } from '../readers/task-line';
import { html, type Markup } from './markup';
import { ago, empty, labels, plural, progress, shortId, state, taskLink } from './parts';
import { waitsFor } from './sentences';

export const TASK_STATES: readonly string[] = statesOf(TASK);
export const STEP_STATES: readonly string[] = statesOf(STEP);

/** The first page: what needs a person, before anything else. `queues`: for operators; empty while they do not answer. */
export const overviewPage = (overview: Overview, queues: readonly QueueDepth[] | undefined, now: Date): Markup => html`
${attention(overview.attention, now)}
${tallies(overview.counts)}
<div class="columns">
<section><h2>Recent tasks</h2>${taskTable(overview.recent, now)}<p class="more"><a href="/tasks">All tasks</a></p></section>
<div>
<section><h2>Workers</h2>${workers(overview.workers, now)}</section>
<section><h2>Breakers</h2>${breakers(overview.breakers, now)}</section>
${queues && html`<section><h2>Queues</h2>${queueTable(queues)}</section>`}
</div>
</div>`;

function attention(tasks: Overview['attention'], now: Date): Markup {
  if (tasks.length === 0)
    return html`<section class="calm"><i class="dot state-succeeded"></i>Nothing waits for a person.</section>`;
  return html`<section class="attention"><h2>${plural(tasks.length, 'task')} ${tasks.length === 1 ? 'waits' : 'wait'} for a person</h2>
${tasks.map(
  (task) => html`<article>
<h3>${taskLink(task.id)} ${state(task.state)} ${labels(task.labels)}<span class="muted right">${ago(task.createdAt, now)}</span></h3>
${task.conditions.filter((one) => one.type === 'NeedsAttention').map((one) => html`<p>${one.message || one.reason}</p>`)}
${task.parked.length > 0 && html`<ul>${task.parked.map((step) => parkedStep(step, now))}</ul>`}
</article>`,
)}
</section>`;
}

const parkedStep = (
  step: ParkedStep,
  now: Date,
): Markup => html`<li><i class="dot state-parked"></i><b>${step.key}</b> <span class="muted">${step.tool}</span>
${step.effect && html`<span class="tag">${step.effect}</span>`}
${step.operation_state && html`<span class="muted">operation</span> ${step.operation_id && shortId('operation', step.operation_id)} ${state(step.operation_state)}`}
<span class="why">${waitsFor(step.condition, 0, now) || step.code}</span></li>`;

const tallies = (
  counts: ReadonlyMap<string, number>,
): Markup => html`<section class="tallies" aria-label="Tasks by state">
${TASK_STATES.map((name) => html`<a href="/tasks?state=${name}" class="tally${(counts.get(name) ?? 0) === 0 ? ' zero' : ''}"><b class="number">${(counts.get(name) ?? 0).toLocaleString('en')}</b>${state(name)}</a>`)}
</section><p class="muted small note">Ended tasks are counted over the last 24 hours.</p>`;

/** Tasks, one a line; also the list page's table. */
export function taskTable(tasks: readonly TaskLine[], now: Date): Markup {
  if (tasks.length === 0) return empty('No tasks.');
  return html`<table class="tasks"><thead><tr><th>Task</th><th>State</th><th>Steps</th><th>About</th><th class="right">Made</th></tr></thead>
<tbody>${tasks.map(
    (task) => html`<tr>
<td>${taskLink(task.id)}</td>
<td>${state(task.state)}${task.conditions.some((one) => one.type === 'NeedsAttention') && html` <span class="tag warn">needs a person</span>`}</td>
<td>${progress(task.stepsDone, task.stepsTotal)}</td>
<td class="about">${task.goal}${labels(task.labels)}</td>
<td class="right nowrap">${ago(task.createdAt, now)}</td></tr>`,
  )}</tbody></table>`;
}

function workers(all: readonly WorkerLine[], now: Date): Markup {
  if (all.length === 0) return empty('No worker has reported in the last 10 minutes.');
  return html`<table><thead><tr><th>Service</th><th>State</th><th>Host</th><th class="right">Last job</th></tr></thead>
<tbody>${all.map(
    (worker) => html`<tr>
<td>${worker.service}${worker.lanes.filter((lane) => lane !== 'default').map((lane) => html` <span class="tag">${lane}</span>`)}</td>
<td>${state(worker.state)}${worker.state !== 'dead' && worker.lease_ran_out && html` <span class="tag warn">lease ran out</span>`}${worker.end_kind && html` <span class="muted small">${worker.end_kind === 'exit' ? 'left cleanly' : 'end reported'}</span>`}</td>
<td class="muted nowrap">${worker.host} <span class="number">${worker.pid}</span></td>
<td class="right nowrap">${ago(worker.last_job_at, now)}</td></tr>`,
  )}</tbody></table>`;
}

function breakers(all: readonly BreakerLine[], now: Date): Markup {
  if (all.length === 0) return empty('No breaker has moved in the last hour.');
  return html`<table><thead><tr><th>Tool</th><th>State</th><th class="right">Failures</th><th class="right">Calls</th></tr></thead>
<tbody>${all.map(
    (breaker) => html`<tr>
<td>${breaker.tool}</td>
<td>${state(breaker.state)}${breaker.state !== 'closed' && breaker.opened_at && html` <span class="muted small">${ago(breaker.opened_at, now)}</span>`}</td>
<td class="right number">${breaker.failures.toLocaleString('en')}</td>
<td class="right number">${(breaker.failures + breaker.successes).toLocaleString('en')}</td></tr>`,
  )}</tbody></table>`;
}

function queueTable(queues: readonly QueueDepth[]): Markup {
  if (queues.length === 0) return empty('The queues do not answer. Nothing is lost: the sweeper rings again.');
  return html`<table><thead><tr><th>Queue</th><th class="right">Waiting</th><th class="right">Active</th><th class="right">Failed</th></tr></thead>
<tbody>${queues.map(
    (depth) => html`<tr><td><a href="/queues/queue/${encodeURIComponent(depth.queue)}">${depth.queue}</a></td>
${[depth.waiting, depth.active, depth.failed].map((count) => html`<td class="right number">${count.toLocaleString('en')}</td>`)}</tr>`,
  )}</tbody></table>`;
}
