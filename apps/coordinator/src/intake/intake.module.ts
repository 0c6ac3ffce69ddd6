import { Module } from '@nestjs/common';
import { HttpModule } from '../http/http.module';
import { DeadLetterStore } from './dead-letter.store';
import { Intake } from './intake';
import { IntakeConsumer } from './intake.consumer';
import { IntakeKeyStore } from './intake-key.store';
import { IntakeKeysController } from './intake-keys.controller';
import { IntakeRefusalsController } from './intake-refusals.controller';

/** The queue door: other systems' jobs, taken by the way that HTTP requests go. */
@Module({
  imports: [HttpModule],
  controllers: [IntakeKeysController, IntakeRefusalsController],
  providers: [IntakeKeyStore, DeadLetterStore, Intake, IntakeConsumer],
})
export class IntakeModule {}
