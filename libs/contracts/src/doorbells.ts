import { isJsonObject, LIMITS } from '@muster/domain';
import { IsOptional } from 'class-validator';
import { IsListOf } from './shape/constraints';

/** A step at one dispatch. `after`: it follows the step before it in this list, as the next member of one run. */
export interface StepAtEpoch {
  readonly id: string;
  readonly epoch: number;
  readonly after?: boolean;
}

export interface RoundOfTask {
  readonly id: string;
  readonly round: number;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const isId = (value: unknown): boolean => typeof value === 'string' && UUID.test(value);
const isCount = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 0;
const isStep = (value: unknown): boolean =>
  isJsonObject(value) &&
  isId(value.id) &&
  isCount(value.epoch) &&
  (value.after === undefined || typeof value.after === 'boolean');
const isRound = (value: unknown): boolean => isJsonObject(value) && isId(value.id) && isCount(value.round);

const AreSteps = () => IsListOf(isStep, LIMITS.DOORBELL_ITEMS_MAX, 'steps, each with its id and its epoch');
const AreRounds = () => IsListOf(isRound, LIMITS.DOORBELL_ITEMS_MAX, 'tasks, each with its id and its round');
const AreIds = () => IsListOf(isId, LIMITS.DOORBELL_ITEMS_MAX, 'ids');

/** To an executor: claim and run these. */
export class ExecutorDoorbell {
  @AreSteps() steps: StepAtEpoch[];
}

/** To a verifier: give verdicts on these steps and tasks, ask about these operations. */
export class VerifierDoorbell {
  @IsOptional() @AreSteps() steps?: StepAtEpoch[];
  @IsOptional() @AreIds() operations?: string[];
  @IsOptional() @AreRounds() tasks?: RoundOfTask[];
}

/** To a coordinator: look again at these; and at what these workers held, whose end was seen. */
export class CoordinatorDoorbell {
  @IsOptional() @AreIds() steps?: string[];
  @IsOptional() @AreIds() tasks?: string[];
  @IsOptional() @AreIds() workers?: string[];
}

/** To a planner: ask a model for the plans of these steps. */
export class PlannerDoorbell {
  @AreSteps() steps: StepAtEpoch[];
}
