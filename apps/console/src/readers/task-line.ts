import type { JsonObject } from '@muster/domain';
import { conditionsOf, type ShownCondition } from './stored-json';

/** A task as a list shows it. */
export interface TaskLine {
  readonly id: string;
  readonly state: string;
  readonly goal: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly conditions: readonly ShownCondition[];
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
  readonly stepsTotal: number;
  readonly stepsDone: number;
}

export interface TaskLineRow {
  id: string;
  state: string;
  goal: string | null;
  labels: JsonObject;
  conditions: string;
  created_at: Date;
  finished_at: Date | null;
  steps_total: number;
  open_steps: number;
}

export const toTaskLine = (row: TaskLineRow): TaskLine => ({
  id: row.id,
  state: row.state,
  goal: row.goal,
  labels: textsOf(row.labels),
  conditions: conditionsOf(row.conditions),
  createdAt: row.created_at,
  finishedAt: row.finished_at,
  stepsTotal: row.steps_total,
  stepsDone: Math.max(0, row.steps_total - row.open_steps),
});

export const textsOf = (labels: JsonObject): Record<string, string> =>
  Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, String(value)]));
