import type { JsonValue, StepDocument } from '@muster/domain';
import { answerOf } from './agent.world';
import { CONTRACTS } from './contracts';
import { TaskWorld, type WorldOptions } from './task.world';

/** A task with a goal; its planner says what the test says. Everything that the tests know is granted. */
export class GoalWorld extends TaskWorld {
  constructor(options: WorldOptions = {}) {
    super({ goal: 'Reach it.' }, { grants: [...CONTRACTS.keys()], ...options });
    this.look('plan');
  }

  /** The planner's answer to the call `key`. */
  says(key: string, output: JsonValue): void {
    this.answer(key, { output: answerOf({ text: JSON.stringify(output), output }) });
  }

  /** The planner's answer to the call `key`: a plan of these steps. */
  plans(key: string, steps: readonly StepDocument[], rest: object = {}): void {
    this.says(key, JSON.parse(JSON.stringify({ steps, ...rest })) as JsonValue);
  }
}
