import { showId } from '@muster/domain';
import type { TasksPage } from '../readers/tasks.reader';
import { html, type Markup } from './markup';
import { TASK_STATES, taskTable } from './overview.page';
import { state } from './parts';

/** The list, newest first; `chosen` is the state it is narrowed to. */
export const tasksPage = (tasks: TasksPage, chosen: string | undefined, now: Date): Markup => html`
<section>
<h1>Tasks</h1>
<nav class="filter" aria-label="State">
<a href="/tasks"${chosen === undefined && html` aria-current="true"`}>all</a>
${TASK_STATES.map((name) => html`<a href="/tasks?state=${name}"${chosen === name && html` aria-current="true"`}>${state(name)}</a>`)}
</nav>
${taskTable(tasks.items, now)}
${tasks.next && html`<p class="more"><a rel="next" href="/tasks?${chosen && html`state=${chosen}&`}after=${showId('task', tasks.next)}">Older tasks</a></p>`}
</section>`;
