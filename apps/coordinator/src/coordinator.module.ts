import { MessagingModule } from '@muster/messaging';
import { PersistenceModule, WorkerModule } from '@muster/persistence';
import { Module } from '@nestjs/common';
import { HttpModule } from './http/http.module';
import { IntakeModule } from './intake/intake.module';
import { LifecycleModule } from './lifecycle.module';
import { RetentionModule } from './retention/retention.module';

/** Every state transition, and the door to the outside. */
@Module({
  imports: [
    PersistenceModule.for('coordinator'),
    WorkerModule.for('coordinator'),
    MessagingModule.all(),
    LifecycleModule,
    HttpModule,
    IntakeModule,
    RetentionModule,
  ],
})
export class CoordinatorModule {}
