import { EFFECT_CLASSES, type EffectClass, type JsonObject, type JsonValue, type OperationState } from '@muster/domain';
import { Flag, Json, JsonMap, Moment, OneOf, Shapes, Text, Texts, Whole } from '../shape/fields';
import { OPERATION_STATES } from './task.view';

export class EvidenceView {
  @Text({ example: 'probe' })
  kind: string;
  @Moment({})
  at: string;
  @Json({})
  data: JsonValue;
}

export class OperationView {
  @Text({ description: 'The Idempotency-Key that the tool sees.' })
  id: string;
  @Text({})
  taskId: string;
  @Text({})
  stepKey: string;
  @Text({})
  tool: string;
  @OneOf(EFFECT_CLASSES)
  effect: EffectClass;
  @OneOf(OPERATION_STATES)
  state: OperationState;
  @Whole({ description: 'How often it was sent; each time with the same id and the same bytes.' })
  sendings: number;
  @Text({ description: 'SHA-256 of the bytes sent, hex.' })
  requestHash: string;
  @Text({ optional: true })
  responseHash?: string;
  @Json({ optional: true })
  output?: JsonValue;
  @Shapes(() => EvidenceView)
  evidence: EvidenceView[];
  @Moment({})
  firstSentAt: string;
  @Moment({ optional: true })
  settledAt?: string;
}

export class EventView {
  @Whole({ min: 1 })
  seq: number;
  @Text({})
  type: string;
  @Moment({})
  at: string;
  @Json({})
  data: JsonValue;
  @Text({ description: 'Chained to the line before, hex.' })
  hash: string;
}

export class ArtifactView {
  @Text({})
  name: string;
  @Text({})
  stepKey: string;
  @Text({})
  operationId: string;
  @Text({ description: 'SHA-256 of the content, hex.' })
  hash: string;
  @Whole({ description: 'Bytes.' })
  size: number;
  @Text({})
  mediaType: string;
  @Moment({})
  createdAt: string;
}

/** What was meant: the active plan with the contracts it was accepted on. */
export class PlanView {
  @Text({})
  taskId: string;
  @Whole({})
  revision: number;
  @Text({})
  hash: string;
  @Text({ description: 'Whose plan it is.' })
  source: string;
  @Moment({})
  acceptedAt: string;
  @JsonMap({ description: 'Version and hash of the contract of each tool.' })
  tools: JsonObject;
  @JsonMap({ optional: true, description: 'By agent: the pinned contract.' })
  agents?: JsonObject;
  @Texts({ optional: true, description: 'Steps that an earlier revision had, and that belong to the plan no more.' })
  retired?: string[];
  @JsonMap({})
  plan: JsonObject;
}

/** What one revision of a plan changed of an earlier one, by step ids in plan order. */
export class PlanDiffView {
  @Whole({})
  from: number;
  @Whole({})
  to: number;
  @Texts({})
  kept: string[];
  @Texts({})
  added: string[];
  @Texts({ description: 'They had not begun, or had ended so that nothing could go on behind them.' })
  dropped: string[];
}

/** One thing that a task waits for. */
export class WaitView {
  @Text({})
  stepKey: string;
  @Text({})
  stepState: string;
  @Text({ description: 'What it waits for.' })
  cause: string;
  @Moment({ optional: true })
  since?: string;
  @Text({ description: 'What will move it.' })
  movesWhen: string;
  @Flag({})
  retrySafe: boolean;
  @Text({})
  retrySafeWhy: string;
  @Text({ optional: true })
  operationId?: string;
  @Texts({ description: 'What a person can do, each with its request.' })
  canDo: string[];
}

export class ExplanationView {
  @Text({})
  taskId: string;
  @Text({})
  state: string;
  @Text({})
  summary: string;
  @Shapes(() => WaitView)
  waitingFor: WaitView[];
}
