import { faultPoint } from '@muster/chassis';
import { type CoordinatorDoorbell, QUEUES, type VerifierDoorbell } from '@muster/contracts';
import { LIMITS, newUuid } from '@muster/domain';
import { Doorbells } from '@muster/messaging';
import { Injectable } from '@nestjs/common';
import { OperationVerifier } from './operation.verifier';
import { StepVerifier } from './step.verifier';
import { TaskVerifier } from './task.verifier';

/** Hands each item of a message to who can answer it, and tells the coordinator where there is something new to read. */
@Injectable()
export class Verifier {
  constructor(
    private readonly steps: StepVerifier,
    private readonly tasks: TaskVerifier,
    private readonly operations: OperationVerifier,
    private readonly doorbells: Doorbells,
  ) {}

  /** Does what one message asks for. Idempotent: asked again, it finds the verdict and rings once more. */
  async answer(message: VerifierDoorbell, signal: AbortSignal): Promise<void> {
    const { steps = [], tasks = [], operations = [] } = message;
    await Promise.all([
      steps.length > 0 && this.steps.verify(steps, (ids) => this.ring('steps', ids), signal),
      tasks.length > 0 && this.tasks.verify(tasks, (ids) => this.ring('tasks', ids)),
      operations.length > 0 && this.operations.probe(operations, (ids) => this.ring('steps', ids)),
    ]);
  }

  // A job id that is taken would silence the ring: each gets its own.
  private ring(kind: keyof CoordinatorDoorbell, ids: readonly string[]): void {
    const rings = chunks(ids).map((chunk) => ({
      name: 'look',
      id: `verified-${newUuid()}`,
      data: { [kind]: chunk } satisfies CoordinatorDoorbell,
    }));
    if (rings.length === 0) return;
    faultPoint('verifier.before-ring', () => ids);
    this.doorbells.ring(QUEUES.coordinator, rings);
    faultPoint('verifier.after-ring', () => ids);
  }
}

function chunks(ids: readonly string[]): string[][] {
  const all: string[][] = [];
  for (let from = 0; from < ids.length; from += LIMITS.DOORBELL_ITEMS_MAX)
    all.push(ids.slice(from, from + LIMITS.DOORBELL_ITEMS_MAX));
  return all;
}
