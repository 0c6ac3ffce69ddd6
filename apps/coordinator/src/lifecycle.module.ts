import { PlanCache, WorkerLifetime } from '@muster/persistence';
import { Global, Module } from '@nestjs/common';
import { AnswerConsumer } from './answers/answer.consumer';
import { Doorbell } from './dispatch/doorbell';
import { Window } from './dispatch/window';
import { After } from './lifecycle/after-commit';
import { DecisionLoop } from './lifecycle/decision-loop';
import { Lifecycle } from './lifecycle/lifecycle.port';
import { LifecycleService } from './lifecycle/lifecycle.service';
import { SnapshotReader } from './lifecycle/snapshot.reader';
import { TaskMemory } from './lifecycle/task.memory';
import { TaskStore } from './lifecycle/task.store';
import { TaskNews } from './lifecycle/task-news';
import { Sweeper, SweepSettings } from './sweeper/sweeper';

/** The heart: every door (HTTP, intake, answers, the sweeper) leads to one loop of load, decide, commit. */
@Global()
@Module({
  providers: [
    PlanCache,
    TaskStore,
    { provide: TaskMemory, useFactory: () => new TaskMemory() },
    SnapshotReader,
    TaskNews,
    Window,
    Doorbell,
    After,
    DecisionLoop,
    SweepSettings,
    Sweeper,
    AnswerConsumer,
    WorkerLifetime,
    { provide: Lifecycle, useClass: LifecycleService },
  ],
  exports: [Lifecycle],
})
export class LifecycleModule {}
