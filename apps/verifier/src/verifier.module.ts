import { faultPoint } from '@muster/chassis';
import { AnswerBell, Doorbells, MessagingModule } from '@muster/messaging';
import { PersistenceModule, PlanCache, WorkerLifetime, WorkerModule } from '@muster/persistence';
import { Module } from '@nestjs/common';
import { EvidenceStore } from './evidence.store';
import { OperationVerifier } from './operation.verifier';
import { ProbeClient } from './probe/probe.client';
import { Prober } from './probe/prober';
import { StepVerifier } from './step.verifier';
import { TaskVerifier } from './task.verifier';
import { VerdictStore } from './verdict.store';
import { Verifier } from './verifier';
import { VerifyConsumer } from './verify.consumer';

/** The verifier decides nothing but verdicts: it reads, asks the tools, and writes what it found. */
@Module({
  imports: [PersistenceModule.for('verifier'), WorkerModule.for('verifier'), MessagingModule.all()],
  providers: [
    {
      provide: AnswerBell,
      useFactory: (doorbells: Doorbells) =>
        new AnswerBell(doorbells, {
          before: (subjects) => faultPoint('verifier.before-ring', subjects),
          after: (subjects) => faultPoint('verifier.after-ring', subjects),
        }),
      inject: [Doorbells],
    },
    PlanCache,
    EvidenceStore,
    VerdictStore,
    ProbeClient,
    Prober,
    StepVerifier,
    TaskVerifier,
    OperationVerifier,
    Verifier,
    VerifyConsumer,
    WorkerLifetime,
  ],
})
export class VerifierModule {}
