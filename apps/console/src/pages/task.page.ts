import { showId } from '@muster/domain';
import { conditionsOf } from '../readers/stored-json';
import type { TaskQuery } from '../readers/task.reader';
import type { EventRow, TaskRow, TaskView, VerdictRow } from '../readers/task.view';
import { textsOf } from '../readers/task-line';
import { eventLine } from './event-line';
import { html, type Markup } from './markup';
import { STEP_STATES } from './overview.page';
import { ago, clock, empty, labels, progress, span, state } from './parts';
import { readable } from './redact';
import { failureOf } from './sentences';
import { stepTree } from './step-tree';
import { findings } from './verdict';

/** One task: its state and why, its steps with what was sent for each, and its history. */
export const taskPage = (view: TaskView, query: TaskQuery, now: Date): Markup => html`
${heading(view.task, now)}
${conditions(view.task, now)}
<section><h2>Steps</h2>
${stepFilter(view, query)}
${view.steps.length === 0 ? empty('No step is in this state.') : stepTree(view, now)}
${view.next && html`<p class="more"><a rel="next" href="?${query.state && html`state=${query.state}&`}after=${view.next.planIndex}.${view.next.place}">Further steps</a></p>`}
</section>
${taskVerdicts(view.verdicts.filter((verdict) => verdict.step_id === null))}
<section><h2>Input and output</h2>${body('Input', view.task.input)}${body('Output', view.task.output)}</section>
<section><h2>Events</h2>${events(view.events)}</section>`;

function heading(task: TaskRow, now: Date): Markup {
  const failure = failureOf(task.failure);
  return html`<section class="heading">
<p class="crumbs"><a href="/tasks">Tasks</a></p>
<h1><code>${showId('task', task.id)}</code></h1>
<p class="standing">${state(task.state)}${task.withdrawal && html`<span class="tag warn">${task.withdrawal === 'cancel' ? 'cancel asked for' : 'past its deadline'}</span>`}${labels(textsOf(task.labels))}</p>
${task.goal && html`<p>${task.goal}</p>`}
${failure && html`<p class="failure"><b>${failure.reason}</b> ${failure.message}</p>`}
<dl class="facts">
<div><dt>Steps</dt><dd>${progress(Math.max(0, task.steps_total - task.open_steps), task.steps_total)}</dd></div>
<div><dt>Made</dt><dd>${ago(task.created_at, now)}</dd></div>
<div><dt>${task.finished_at ? 'Took' : 'Running for'}</dt><dd>${span((task.finished_at ?? now).getTime() - task.created_at.getTime())}</dd></div>
<div><dt>Tool calls</dt><dd class="number">${task.tool_calls.toLocaleString('en')}</dd></div>
<div><dt>Plan</dt><dd>revision ${task.plan_revision}${task.plan_hash && html` <code class="muted" title="${task.plan_hash}">${task.plan_hash.slice(0, 12)}</code>`}</dd></div>
<div><dt>Revision</dt><dd class="number">${task.revision}</dd></div>
${task.deadline_at && html`<div><dt>Deadline</dt><dd>${ago(task.deadline_at, now)}</dd></div>`}
</dl></section>`;
}

function conditions(task: TaskRow, now: Date): Markup {
  const holding = conditionsOf(task.conditions);
  if (holding.length === 0) return html``;
  return html`<section class="conditions"><ul>${holding.map(
    (one) => html`<li class="${one.type === 'NeedsAttention' && 'warn'}">
<b>${one.type}</b> <span class="muted">${one.reason}</span> ${one.message}${one.since && html`<span class="muted right">${ago(new Date(one.since), now)}</span>`}</li>`,
  )}</ul></section>`;
}

const stepFilter = (
  view: TaskView,
  query: TaskQuery,
): Markup => html`<nav class="filter" aria-label="State of the steps">
<a href="?"${query.state === undefined && html` aria-current="true"`}>all <span class="number">${view.task.steps_total.toLocaleString('en')}</span></a>
${STEP_STATES.filter((name) => (view.counts.get(name) ?? 0) > 0).map((name) => html`<a href="?state=${name}"${query.state === name && html` aria-current="true"`}>${state(name)} <span class="number">${(view.counts.get(name) ?? 0).toLocaleString('en')}</span></a>`)}
</nav>`;

function taskVerdicts(verdicts: readonly VerdictRow[]): Markup {
  if (verdicts.length === 0) return html``;
  return html`<section><h2>Completion criteria</h2>${verdicts.map(
    (verdict) => html`<article class="verdict">
<p>${state(verdict.passed ? 'passed' : 'refuted')} <span class="muted">round ${verdict.round}, ${clock(verdict.at)}</span> ${verdict.message}</p>
${findings(verdict.findings)}</article>`,
  )}</section>`;
}

const body = (name: string, text: string | null): Markup =>
  text === null
    ? html``
    : html`<details class="body" id="body-${name}"><summary>${name}</summary><pre>${readable(Buffer.from(text), Buffer.byteLength(text))}</pre></details>`;

function events(all: readonly EventRow[]): Markup {
  if (all.length === 0) return empty('No event before this one.');
  const oldest = all.at(-1)?.seq ?? 1;
  return html`<table class="events"><thead><tr><th class="right">No.</th><th>At (UTC)</th><th>Event</th><th>What it says</th></tr></thead>
<tbody>${all.map((event) => html`<tr><td class="right number muted">${event.seq}</td><td class="number nowrap">${clock(event.at)}</td><td class="nowrap">${event.type}</td><td><span class="line">${eventLine(event.data)}</span></td></tr>`)}</tbody></table>
${oldest > 1 && html`<p class="more"><a href="?events=${oldest}">Earlier events</a></p>`}`;
}
