import { Config, faultPoint } from '@muster/chassis';
import { OperationLedger, Withdrawals } from '@muster/ledger';
import { AnswerBell, Doorbells, MessagingModule } from '@muster/messaging';
import { Models } from '@muster/models';
import { Database, PersistenceModule, PlanCache, WorkerModule } from '@muster/persistence';
import { Module } from '@nestjs/common';
import { GoalReader } from './goal.reader';
import { ModelCaller } from './model.caller';
import { PlanConsumer } from './plan.consumer';
import { PlanWorkLoader } from './plan.work';
import { Planner, PlannerTools } from './planner';

/** The planner decides nothing: it has models propose plans, and records what they said. */
@Module({
  imports: [PersistenceModule.for('planner'), WorkerModule.for('planner'), MessagingModule.all()],
  providers: [
    { provide: Models, useFactory: (config: Config) => new Models(config.models), inject: [Config] },
    {
      provide: OperationLedger,
      useFactory: (database: Database) => new OperationLedger(database, 'planner'),
      inject: [Database],
    },
    {
      provide: AnswerBell,
      useFactory: (doorbells: Doorbells) =>
        new AnswerBell(doorbells, {
          before: (subjects) => faultPoint('planner.before-ring', subjects),
          after: (subjects) => faultPoint('planner.after-ring', subjects),
        }),
      inject: [Doorbells],
    },
    PlanCache,
    Withdrawals,
    ModelCaller,
    GoalReader,
    PlanWorkLoader,
    PlannerTools,
    Planner,
    PlanConsumer,
  ],
})
export class PlannerModule {}
