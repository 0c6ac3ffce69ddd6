import { MessagingModule } from '@muster/messaging';
import { PersistenceModule, WorkerLifetime, WorkerModule } from '@muster/persistence';
import { Module } from '@nestjs/common';
import { PlanConsumer } from './plan.consumer';

/** The planner decides nothing: it proposes plans for goals, as soon as it has a model to ask. */
@Module({
  imports: [PersistenceModule.for('planner'), WorkerModule.for('planner'), MessagingModule.all()],
  providers: [PlanConsumer, WorkerLifetime],
})
export class PlannerModule {}
