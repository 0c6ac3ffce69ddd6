import type { VerifierDoorbell } from '@muster/contracts';
import { AnswerBell } from '@muster/messaging';
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
    private readonly bell: AnswerBell,
  ) {}

  /** Does what one message asks for. Idempotent: asked again, it finds the verdict and rings once more. */
  async answer(message: VerifierDoorbell, signal: AbortSignal): Promise<void> {
    const { steps = [], tasks = [], operations = [] } = message;
    await Promise.all([
      steps.length > 0 && this.steps.verify(steps, (ids) => this.bell.ring('steps', ids), signal),
      tasks.length > 0 && this.tasks.verify(tasks, (ids) => this.bell.ring('tasks', ids)),
      operations.length > 0 && this.operations.probe(operations, (ids) => this.bell.ring('steps', ids)),
    ]);
  }
}
