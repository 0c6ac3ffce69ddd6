import type { Client } from 'pg';
import type { FloorStep, FloorTask } from './floor-task';

/** A step that has its answer, and what goes next because of it. */
export interface Settled {
  readonly task: FloorTask;
  readonly step: FloorStep;
  /** The answer's bytes, as text. */
  readonly response: string;
  readonly ready: readonly FloorStep[];
}

/** Where the floor's program keeps its promises: each method is one statement and one commit. */
export interface FloorLedger {
  prepare(client: Client): Promise<void>;
  /** Tasks, all of one plan, with the intents of their first steps. */
  submit(client: Client, tasks: readonly FloorTask[]): Promise<void>;
  /** Results, the intents of what they let go on, and the states and histories that follow from them. */
  advance(client: Client, batch: readonly Settled[]): Promise<void>;
  /** Throws where what it holds is not what was run. */
  check(client: Client): Promise<void>;
}

/** Postgres' text of an array whose elements need no quotes: ids, numbers, hashes. */
export const plainArray = (values: readonly (string | number | null)[]): string =>
  `{${values.map((value) => value ?? 'null').join(',')}}`;

/** The same of any text that has no control characters, as JSON has none. */
export const textArray = (values: readonly string[]): string =>
  `{${values.map((value) => JSON.stringify(value)).join(',')}}`;
