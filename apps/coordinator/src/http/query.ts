import { TASK_STATES } from '@muster/contracts';
import { type IdKind, LIMITS, parseId, type TaskState } from '@muster/domain';
import type { PageRequest, TaskFilter } from '@muster/persistence';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { invalidParameter, notFound } from './problems/problem';

type QueryValue = Request['query'][string];

/** A page's `limit` and `cursor`, in a controller's parameters. */
export const InPages = createParamDecorator((_: unknown, context: ExecutionContext): PageRequest => {
  const { query } = context.switchToHttp().getRequest<Request>();
  const limit = wholeOf('limit', query.limit, { least: 1, most: LIMITS.LIST_PAGE_MAX }) ?? LIMITS.LIST_PAGE_DEFAULT;
  return { limit, cursor: textOf('cursor', query.cursor) };
});

/** Which tasks are asked for, in a controller's parameters. */
export const Filtered = createParamDecorator((_: unknown, context: ExecutionContext): TaskFilter => {
  const { query } = context.switchToHttp().getRequest<Request>();
  return { states: statesOf(query.state), labels: labelsOf(query.label) };
});

/** How long a caller wants to wait, in a controller's parameters. */
export const WaitMs = createParamDecorator((_: unknown, context: ExecutionContext): number => {
  const { query } = context.switchToHttp().getRequest<Request>();
  // More than we are ready to wait is no mistake of the caller: it asks again.
  const wanted = wholeOf('waitMs', query.waitMs, { least: 0, most: Number.MAX_SAFE_INTEGER }) ?? 0;
  return Math.min(wanted, LIMITS.WAIT_MS_MAX);
});

/** The UUID behind the id in a path; an id that is none names nothing. */
export function idOf(kind: IdKind, shown: string): string {
  const id = parseId(kind, shown);
  if (!id) throw notFound(`${kind} ${shown.slice(0, 64)}`);
  return id;
}

/** The number of a plan's revision. */
export const revisionOf = (name: string, value: QueryValue): number | undefined =>
  wholeOf(name, value, { least: 0, most: 2 ** 31 - 1 });

/** A parameter that may be given once. */
export function textOf(name: string, value: QueryValue): string | undefined {
  if (value === undefined || typeof value === 'string') return value || undefined;
  throw invalidParameter(name, 'give it once, as plain text.');
}

function wholeOf(name: string, value: QueryValue, bounds: { least: number; most: number }): number | undefined {
  const text = textOf(name, value);
  if (text === undefined) return undefined;
  const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= bounds.least && number <= bounds.most) return number;
  throw invalidParameter(name, `it must be a whole number from ${bounds.least} to ${bounds.most}.`);
}

/** A parameter that may be repeated. */
function listOf(name: string, value: QueryValue): string[] {
  const list = Array.isArray(value) ? value : value === undefined ? [] : [value];
  if (list.every((one): one is string => typeof one === 'string')) return list;
  throw invalidParameter(name, 'give it as plain text.');
}

function statesOf(value: QueryValue): TaskState[] | undefined {
  const wanted = listOf('state', value).flatMap((text) => text.split(','));
  if (wanted.length === 0) return undefined;
  const unknown = wanted.find((state) => !(TASK_STATES as string[]).includes(state));
  if (unknown !== undefined) throw invalidParameter('state', `it must be one of ${TASK_STATES.join(', ')}.`);
  return wanted as TaskState[];
}

function labelsOf(value: QueryValue): Record<string, string> | undefined {
  const labels = new Map<string, string>();
  for (const text of listOf('label', value)) {
    const at = text.indexOf('=');
    if (at < 1) throw invalidParameter('label', 'write it as name=value.');
    labels.set(text.slice(0, at), text.slice(at + 1));
  }
  return labels.size === 0 ? undefined : Object.fromEntries(labels);
}
