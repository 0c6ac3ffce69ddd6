import { GroupCommit } from '@muster/persistence';
import type { Client } from 'pg';
import type { Harness } from '../adapter/bench-tool';
import type { FloorLedger, Settled } from './floor-ledger';
import { type FloorStep, type FloorTask, firstOf, settle } from './floor-task';

/** How the program uses Postgres; which of several is best is measured. */
export interface FloorSetting {
  readonly connections: number;
  /** Statements under way at once. More than connections are pipelined. */
  readonly inFlight: number;
  readonly batchMax: number;
}

interface Answer {
  readonly task: FloorTask;
  readonly step: FloorStep;
  readonly response: string;
}

/**
 * Runs tasks by the shortest way that keeps the promises: a step is called when its intent is committed, and the next one
 * when the commit of its result, which has the next one's intent in it, is there. What arrives while a commit is under
 * way goes with the next.
 */
export class FloorProgram {
  private readonly submissions: GroupCommit<FloorTask, FloorStep[]>;
  private readonly answers: GroupCommit<Answer, readonly FloorStep[]>;
  commits = 0;

  constructor(
    private readonly ledger: FloorLedger,
    private readonly clients: readonly Client[],
    private readonly tool: Harness,
    { inFlight, batchMax }: FloorSetting,
  ) {
    const options = { maxBatch: batchMax, maxInFlight: inFlight };
    this.submissions = new GroupCommit({ name: 'floor.submit', ...options }, (tasks) => this.submit(tasks));
    this.answers = new GroupCommit({ name: 'floor.advance', ...options }, (answers) => this.advance(answers));
  }

  /** Resolves when the commit is there that ends the last of them. */
  async run(tasks: readonly FloorTask[]): Promise<void> {
    await Promise.all(tasks.map(async (task) => this.go(task, await this.submissions.add(task))));
  }

  private async go(task: FloorTask, steps: readonly FloorStep[]): Promise<void> {
    await Promise.all(
      steps.map(async (step) => {
        const response = JSON.stringify(await this.call(step));
        await this.go(task, await this.answers.add({ task, step, response }));
      }),
    );
  }

  private call({ input: { id = '', n, ms = 0 } }: FloorStep): Promise<object> {
    return ms > 0 ? this.tool.effectTool(undefined, id, n, ms) : this.tool.tool(n);
  }

  private async submit(tasks: readonly FloorTask[]): Promise<FloorStep[][]> {
    await this.ledger.submit(this.client(), tasks);
    return tasks.map(firstOf);
  }

  private async advance(answers: readonly Answer[]): Promise<(readonly FloorStep[])[]> {
    const batch: Settled[] = answers.map((answer) => ({ ...answer, ready: settle(answer.task, answer.step) }));
    await this.ledger.advance(this.client(), batch);
    return batch.map(({ ready }) => ready);
  }

  private client(): Client {
    return this.clients[this.commits++ % this.clients.length]!;
  }
}
