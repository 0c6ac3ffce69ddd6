import { counter, faultPoint } from '@muster/chassis';
import { newUuid, type ProbeContract } from '@muster/domain';
import { Injectable } from '@nestjs/common';
import { type EvidenceRow, EvidenceStore } from '../evidence.store';
import { ProbeClient } from './probe.client';
import { findingOf } from './probe-finding';

/** What is asked about, and where the answer is kept. */
export interface Subject {
  readonly operationId: string;
  readonly stepId: string;
  readonly taskId: string;
  readonly tenantId: string;
}

/** A probe that was made and recorded. `beganAt`: milliseconds since 1970 on the database's clock. */
export interface Probed {
  readonly evidenceId: string;
  readonly beganAt: number;
  readonly finding: EvidenceRow['finding'];
}

const probes = counter('muster_probes_total', 'Probes made, by what they were for and what they found.', [
  'kind',
  'finding',
]);

/** Makes one probe and records it: the question, when it began, and what the answer says. */
@Injectable()
export class Prober {
  constructor(
    private readonly client: ProbeClient,
    private readonly evidence: EvidenceStore,
  ) {}

  async probe(kind: 'probe' | 'read-back', probe: ProbeContract, subject: Subject): Promise<Probed> {
    return await this.client.inTurn(async () => {
      // Taken before the question leaves, so that "absent" can never be believed of a time it does not speak of.
      const began = await this.evidence.clock();
      faultPoint('verifier.before-probe', () => [subject.stepId]);
      const found = findingOf(probe, await this.client.ask(probe, subject.operationId));
      faultPoint('verifier.after-probe', () => [subject.stepId]);
      const evidenceId = newUuid();
      await this.evidence.add({ id: evidenceId, ...subject, kind, beganAt: began.text, ...found });
      probes.inc({ kind, finding: found.finding });
      return { evidenceId, beganAt: began.ms, finding: found.finding };
    });
  }
}
