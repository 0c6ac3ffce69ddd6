import { Flag, Shape, Text, Whole } from '../shape/fields';

export class PrunedRows {
  @Whole()
  tasks: number;
  @Whole()
  steps: number;
  @Whole()
  operations: number;
  @Whole({ description: 'Earlier and late sendings.' })
  sendings: number;
  @Whole()
  events: number;
  @Whole({ description: 'That no task refers to any more.' })
  plans: number;
  @Whole({ description: 'That no task refers to any more.' })
  artifacts: number;
  @Whole({ description: 'Of requests, answers, events, evidence and artifacts.' })
  bytes: number;
}

/** Tasks that stay however old they are, each counted once. */
export class StayingTasks {
  @Whole({ description: 'They wait for a person.' })
  needsAttention: number;
  @Whole({ description: 'Nobody knows what became of an operation.' })
  unknownOperation: number;
  @Whole({ description: 'An answer that came late says otherwise than what was concluded.' })
  lateAnswer: number;
}

/** The answer of `POST /v1/prune`: what one slice of the work came to. */
export class PrunedView {
  @Flag({ description: 'Nothing was removed; the counts say what would be.' })
  dryRun: boolean;
  @Shape(() => PrunedRows)
  removed: PrunedRows;
  @Shape(() => StayingTasks)
  kept: StayingTasks;
  @Text({ optional: true, description: 'Ask again with it to go on; absent when nothing is left.' })
  nextCursor?: string;
}
