import { LIMITS } from '@muster/domain';
import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsBoolean, IsInt, IsOptional, IsUUID, Min, ValidateNested } from 'class-validator';

/** A step at one dispatch. `after`: it follows the step before it in this list, as the next member of one run. */
export class StepAtEpoch {
  @IsUUID() id: string;
  @IsInt() @Min(0) epoch: number;
  @IsOptional() @IsBoolean() after?: boolean;
}

export class RoundOfTask {
  @IsUUID() id: string;
  @IsInt() @Min(0) round: number;
}

/** To an executor: claim and run these. */
export class ExecutorDoorbell {
  @IsArray()
  @ArrayMaxSize(LIMITS.DOORBELL_ITEMS_MAX)
  @ValidateNested({ each: true })
  @Type(() => StepAtEpoch)
  steps: StepAtEpoch[];
}

/** To a verifier: give verdicts on these steps and tasks, ask about these operations. */
export class VerifierDoorbell {
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(LIMITS.DOORBELL_ITEMS_MAX)
  @ValidateNested({ each: true })
  @Type(() => StepAtEpoch)
  steps?: StepAtEpoch[];
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(LIMITS.DOORBELL_ITEMS_MAX)
  @IsUUID(undefined, { each: true })
  operations?: string[];
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(LIMITS.DOORBELL_ITEMS_MAX)
  @ValidateNested({ each: true })
  @Type(() => RoundOfTask)
  tasks?: RoundOfTask[];
}

/** To a coordinator: look again at these; and at what these workers held, whose end was seen. */
export class CoordinatorDoorbell {
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(LIMITS.DOORBELL_ITEMS_MAX)
  @IsUUID(undefined, { each: true })
  steps?: string[];
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(LIMITS.DOORBELL_ITEMS_MAX)
  @IsUUID(undefined, { each: true })
  tasks?: string[];
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(LIMITS.DOORBELL_ITEMS_MAX)
  @IsUUID(undefined, { each: true })
  workers?: string[];
}

/** To a planner: ask a model for the plans of these steps. */
export class PlannerDoorbell {
  @IsArray()
  @ArrayMaxSize(LIMITS.DOORBELL_ITEMS_MAX)
  @ValidateNested({ each: true })
  @Type(() => StepAtEpoch)
  steps: StepAtEpoch[];
}
