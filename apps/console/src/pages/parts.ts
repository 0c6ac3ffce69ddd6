import type { IdKind } from '@muster/domain';
import { showId } from '@muster/domain';
import { html, type Markup } from './markup';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A length of time as a person would say it: `840 ms`, `2.4 s`, `3 min`, `5 h`, `2 d`. */
export function span(ms: number): string {
  if (ms < SECOND) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 10 * SECOND) return `${(ms / SECOND).toFixed(1)} s`;
  if (ms < 2 * MINUTE) return `${Math.round(ms / SECOND)} s`;
  if (ms < 2 * HOUR) return `${Math.round(ms / MINUTE)} min`;
  if (ms < 2 * DAY) return `${Math.round(ms / HOUR)} h`;
  return `${Math.round(ms / DAY)} d`;
}

/** How long ago, with the exact time on hover. */
export function ago(at: Date | null, now: Date): Markup {
  if (at === null) return html`<span class="muted">–</span>`;
  const ms = now.getTime() - at.getTime();
  return html`<time datetime="${at.toISOString()}" title="${at.toISOString()}">${ms < 0 ? `in ${span(-ms)}` : `${span(ms)} ago`}</time>`;
}

/** The time of day in UTC to the millisecond, with the date on hover: for reading one thing after another. */
export function clock(at: Date | null): Markup {
  if (at === null) return html`<span class="muted">–</span>`;
  const iso = at.toISOString();
  return html`<time datetime="${iso}" title="${iso}">${iso.slice(11, 23)}</time>`;
}

/** A coloured dot and the state's name: colour is never the only sign. */
export const state = (name: string): Markup =>
  html`<span class="state state-${name}"><i class="dot"></i>${name}</span>`;

export const dot = (name: string): Markup => html`<i class="dot state-${name}" title="${name}"></i>`;

/** An id short enough for a table; the whole of it on hover. Its end is shown because the beginnings are alike. */
export function shortId(kind: IdKind, uuid: string): Markup {
  const shown = showId(kind, uuid);
  return html`<code title="${shown}">${shown.slice(0, shown.indexOf('_') + 1)}…${shown.slice(-8)}</code>`;
}

export const taskLink = (uuid: string): Markup =>
  html`<a href="/tasks/${showId('task', uuid)}">${shortId('task', uuid)}</a>`;

/** How much of a task is done, as a bar that also says it in words. */
export function progress(done: number, total: number): Markup {
  if (total === 0) return html`<span class="muted">no steps</span>`;
  return html`<span class="progress"><progress max="${total}" value="${done}">${done} of ${total}</progress><span class="number">${done.toLocaleString('en')} / ${total.toLocaleString('en')}</span></span>`;
}

export const labels = (all: Readonly<Record<string, string>>): Markup[] =>
  Object.entries(all).map(([name, value]) => html`<span class="label">${name}<b>${value}</b></span>`);

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en')} ${count === 1 ? one : many}`;

export const empty = (text: string): Markup => html`<p class="empty">${text}</p>`;
