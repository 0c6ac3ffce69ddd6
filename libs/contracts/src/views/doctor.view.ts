import { Flag, Json, Moment, Quantity, Shape, Shapes, Text, Whole, Wholes } from '../shape/fields';
import { QueueView } from './registry.view';

export class DatabaseFindingView {
  @Flag()
  ok: boolean;
  @Text({})
  message: string;
  @Quantity({ optional: true, description: 'How long it took to answer.' })
  latencyMs?: number;
}

export class QueueFindingView {
  @Flag()
  ok: boolean;
  @Text({})
  message: string;
  @Text({ example: 'redis' })
  backend: string;
  @Shapes(() => QueueView)
  queues: QueueView[];
}

export class ServiceFindingView {
  @Text({ example: 'executor' })
  service: string;
  @Flag({ description: 'Without it no task moves.' })
  required: boolean;
  @Whole({ description: 'Processes that live and take work.' })
  ready: number;
  @Wholes({ description: 'Their process ids.' })
  pids: number[];
}

export class WorkersFindingView {
  @Flag()
  ok: boolean;
  @Text({})
  message: string;
  @Shapes(() => ServiceFindingView)
  services: ServiceFindingView[];
}

/** A sentence about the tables that always holds. */
export class InvariantFindingView {
  @Text({})
  name: string;
  @Text({})
  promise: string;
  @Flag({ description: 'False where the time was up before it was asked, or while it was.' })
  checked: boolean;
  @Whole({ description: 'Rows that break it, counted up to 5.' })
  breaches: number;
  @Json({ optional: true, description: 'Those rows, as far as the query names them.' })
  rows?: readonly Record<string, unknown>[];
  @Text({ optional: true, description: 'What a person can do, where it is broken.' })
  remedy?: string;
}

/** The answer of `GET /v1/doctor`. */
export class DoctorView {
  @Flag({ description: 'Everything below is well.' })
  ok: boolean;
  @Moment({})
  checkedAt: string;
  @Shape(() => DatabaseFindingView)
  database: DatabaseFindingView;
  @Shape(() => QueueFindingView)
  queue: QueueFindingView;
  @Shape(() => WorkersFindingView)
  workers: WorkersFindingView;
  @Shapes(() => InvariantFindingView)
  invariants: InvariantFindingView[];
}
