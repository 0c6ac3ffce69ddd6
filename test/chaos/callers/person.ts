import { setTimeout as pause } from 'node:timers/promises';
import { gather, type MusterClient, MusterProblem, type Operation } from '@muster/client';
import type { EffectSink } from '../../support/sink/effect-sink';
import { plainId } from './submitter';

/** Longer than bytes that have left take to arrive, and than a tool takes for a late effect. */
const THINK_MS = 400;
const LOOKS_MAX = 100;

/**
 * The person whom parked steps wait for: goes to where the effect would be, looks, and says what is so. Waits while
 * somebody is frozen who may hold bytes back, as a careful person would.
 */
export class Person {
  /** Operations that were resolved by this person. */
  readonly resolved = { happened: 0, absent: 0 };
  readonly decided = { granted: 0, denied: 0 };
  private readonly busyWith = new Set<string>();

  constructor(
    private readonly client: MusterClient,
    private readonly approver: MusterClient,
    private readonly sink: EffectSink,
    private readonly mayJudge: () => boolean,
  ) {}

  /** Gives permits, and resolves every operation of a task that waits for a person. */
  async attend(taskId: string, signal: AbortSignal): Promise<void> {
    await this.decide(taskId);
    const steps = await gather(this.client.tasks.steps(taskId));
    const parked = steps.filter(({ state }) => state === 'parked').map(({ operationId }) => operationId);
    if (parked.length === 0) return;
    const operations = await gather(this.client.tasks.operations(taskId));
    const open = operations.filter(({ id, state }) => state === 'unknown' && parked.includes(id));
    await Promise.all(open.map((operation) => this.once(operation, signal)));
  }

  /** Mostly yes. What was decided meanwhile, or before an answer was lost, is not decided anew. */
  private async decide(taskId: string): Promise<void> {
    for (const { id } of await gather(this.client.permits.list({ task: taskId, state: 'pending' }))) {
      const isDenied = id.endsWith('0');
      const word = { reason: 'I looked at what it would send.' };
      const { permits } = this.approver;
      await (isDenied ? permits.deny(id, word) : permits.grant(id, word)).catch(ignoreConflict);
      this.decided[isDenied ? 'denied' : 'granted']++;
    }
  }

  private async once(operation: Operation, signal: AbortSignal): Promise<void> {
    if (this.busyWith.has(operation.id)) return;
    this.busyWith.add(operation.id);
    await this.resolve(operation, signal).finally(() => this.busyWith.delete(operation.id));
  }

  private async resolve(operation: Operation, signal: AbortSignal): Promise<void> {
    const times = await this.lookCarefully(plainId(operation.id), signal);
    if (times === undefined) return;
    const outcome = times > 0 ? 'happened' : 'absent';
    const output = { id: `r-${plainId(operation.id)}` };
    try {
      await this.client.operations.resolve(operation.id, {
        outcome,
        evidence: { times },
        reason: 'I went there and looked.',
        ...(outcome === 'happened' && { output }),
      });
      this.resolved[outcome]++;
    } catch (error) {
      // Its answer came after all, or the first word of mine did although its reply was lost.
      ignoreConflict(error);
    }
  }

  /** How often it happened; undefined where that cannot be said now. */
  private async lookCarefully(operation: string, signal: AbortSignal): Promise<number | undefined> {
    for (let looks = 0; looks < LOOKS_MAX; looks++) {
      await pause(THINK_MS, undefined, { signal });
      if (!this.mayJudge()) continue;
      const { times, atWork } = await this.sink.look(operation);
      if (atWork === 0 && this.mayJudge()) return times;
    }
    return undefined;
  }
}

function ignoreConflict(error: unknown): void {
  if (!(error instanceof MusterProblem && error.status === 409)) throw error;
}
