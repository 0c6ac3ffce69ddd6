import {
  gather,
  hasEnded,
  type MusterClient,
  needsAttention,
  type Operation,
  type Step,
  type Task,
} from '@muster/client';
import { patiently } from './patiently';

const REST_DEADLINE_MS = 60_000;

/** A submitted task, as a test follows it from outside. */
export class RunningTask {
  constructor(
    private readonly client: MusterClient,
    readonly id: string,
    private readonly log: () => string,
  ) {}

  /** Resolves when the task has ended or waits for a person; rejects, with all that is known, when it does neither in time. */
  async rests(deadlineMs = REST_DEADLINE_MS): Promise<Task> {
    const task = await patiently(() => this.client.tasks.wait(this.id, deadlineMs));
    if (hasEnded(task) || needsAttention(task)) return task;
    const steps = Object.values(await this.steps()).filter((step) => !step.finishedAt);
    throw new Error(
      `Waited ${deadlineMs} ms in vain for ${this.id}.\n${JSON.stringify(steps, null, 1)}\n${this.log()}`,
    );
  }

  /** Resolves with the task in this state; any other rest is a failure, and says why it came to it. */
  async reaches(state: Task['state'], deadlineMs?: number): Promise<Task> {
    const task = await this.rests(deadlineMs);
    const { failure, conditions } = task;
    expect({ state: task.state, ...(task.state !== state && { failure, conditions }) }).toEqual({ state });
    return task;
  }

  /** Resolves with the reason why the task waits for a person. */
  async isParked(): Promise<string | undefined> {
    const { state, conditions, failure } = await this.rests();
    expect({ state, ...(failure && { failure }) }).toEqual({ state: 'running' });
    return conditions.find(({ type }) => type === 'NeedsAttention')?.reason;
  }

  now(): Promise<Task> {
    return this.client.tasks.get(this.id);
  }

  /** By their keys in the plan. */
  async steps(): Promise<Record<string, Step>> {
    const steps = await gather(this.client.tasks.steps(this.id));
    return Object.fromEntries(steps.map((step) => [step.key, step]));
  }

  operations(): Promise<Operation[]> {
    return gather(this.client.tasks.operations(this.id));
  }

  /** The only operation of a task with one step. */
  async operation(): Promise<Operation> {
    const [only, ...others] = await this.operations();
    if (!only || others.length > 0) throw new Error(`${this.id} has ${others.length + (only ? 1 : 0)} operations.`);
    return only;
  }
}
