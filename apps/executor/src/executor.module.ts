import { Config, faultPoint } from '@muster/chassis';
import { OperationLedger, Withdrawals } from '@muster/ledger';
import { AnswerBell, Doorbells, MessagingModule } from '@muster/messaging';
import { Database, PersistenceModule, PlanCache, WorkerModule } from '@muster/persistence';
import { Module } from '@nestjs/common';
import { Room } from './room';
import { Closing, RunConsumer } from './run.consumer';
import { RunRunner, RunTools } from './run.runner';
import { ToolCaller } from './tool.caller';
import { createTools, ToolRegistry } from './tools';
import { WorkLoader } from './work.loader';

@Module({
  imports: [PersistenceModule.for('executor'), WorkerModule.for('executor'), MessagingModule.all()],
  providers: [
    { provide: ToolRegistry, useFactory: createTools, inject: [Config] },
    {
      provide: OperationLedger,
      useFactory: (database: Database) => new OperationLedger(database, 'executor'),
      inject: [Database],
    },
    {
      provide: AnswerBell,
      useFactory: (doorbells: Doorbells) =>
        new AnswerBell(doorbells, {
          before: (subjects) => faultPoint('executor.before-ring', subjects),
          after: (subjects) => faultPoint('executor.after-ring', subjects),
        }),
      inject: [Doorbells],
    },
    PlanCache,
    WorkLoader,
    Room,
    Withdrawals,
    ToolCaller,
    RunTools,
    RunRunner,
    Closing,
    RunConsumer,
  ],
})
export class ExecutorModule {}
