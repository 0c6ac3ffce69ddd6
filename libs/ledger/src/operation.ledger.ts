import { createHash } from 'node:crypto';
import type { EffectClass } from '@muster/domain';
import { type Database, GroupCommit } from '@muster/persistence';
import { ADVANCE, REFUSE } from './operation.sql';
import type { ArtifactWrite } from './tool-answer';

/** The intent to send: written before the first byte leaves. */
export interface Claim {
  readonly stepId: string;
  readonly epoch: number;
  readonly operationId: string;
  readonly contractHash: string;
  readonly effect: EffectClass;
  /** The exact bytes of the request. */
  readonly request: Buffer;
  /** For `keyed`: how long after the first sending it may be sent again; the tool's window less a margin. */
  readonly resendWithinMs: number | null;
}

/** What one sending came to. The statement applies the doubt of earlier sendings. */
export interface Settlement {
  readonly operationId: string;
  readonly sending: number;
  readonly state: 'succeeded' | 'failed' | 'unknown' | 'absent';
  readonly response: Buffer | null;
  /** Whether the output is what the contract says; null where there is none. */
  readonly outputValid: boolean | null;
  readonly code: string;
  readonly message: string;
  readonly retryAfterMs?: number;
  /** Written in the same statement, and only where the operation succeeded in it. */
  readonly artifacts?: readonly ArtifactWrite[];
}

/** `stale`, `withdrawn`, `early` and `worker_given_up` are dropped; the others are reasons for the coordinator. */
export type ClaimResult =
  | 'claimed'
  | 'stale'
  | 'withdrawn'
  | 'early'
  | 'worker_given_up'
  | 'not_granted'
  | 'permit_required'
  | 'request_changed';

export interface ClaimAnswer {
  readonly result: ClaimResult;
  /** The sending's number, from 1, where claimed. */
  readonly sending: number;
}

/** One move of a run: settle the step before, intend the next, or both in one statement. */
export interface Advance {
  readonly workerId: string;
  readonly settle?: Settlement;
  readonly claim?: Claim;
}

export interface AdvanceAnswer {
  /** The operation's state after it; `repeated` and `late` where it had moved on. */
  readonly settled?: string;
  readonly claim?: ClaimAnswer;
}

export interface Refusal {
  readonly workerId: string;
  readonly stepId: string;
  readonly epoch: number;
  readonly taskId: string;
  readonly code: string;
  readonly message: string;
  /** For `permit_required`: the bytes that a person is to be asked about. */
  readonly request?: Buffer;
}

const BATCH_MAX = 500;
const BATCH_BYTES_MAX = 32 * 1024 * 1024;
const MESSAGE_LENGTH_MAX = 2_000;

/**
 * The ledger of operations, as the processes that send write it: whatever arrives while a statement is in flight goes
 * with the next one. Resolves after the commit; a statement whose reply was lost is repeated, so that a caller may rely
 * on `claimed` having been committed and on not having sent before.
 */
export class OperationLedger {
  private readonly advances: GroupCommit<Advance, AdvanceAnswer>;
  private readonly refusals: GroupCommit<Refusal, boolean>;

  constructor(
    private readonly database: Database,
    name: string,
  ) {
    this.advances = new GroupCommit(
      { name: `${name}.advance`, maxBatch: BATCH_MAX, weight: bytesOf, maxWeight: BATCH_BYTES_MAX },
      (batch) => this.flush(batch),
    );
    this.refusals = new GroupCommit({ name: `${name}.refuse`, maxBatch: BATCH_MAX }, (batch) => this.refuseAll(batch));
  }

  /** How long the last statement took, in milliseconds. */
  get statementMs(): number {
    return this.advances.lastFlushMs;
  }

  advance(advance: Advance): Promise<AdvanceAnswer> {
    return this.advances.add(advance);
  }

  async claim(workerId: string, claim: Claim): Promise<ClaimAnswer> {
    return (await this.advances.add({ workerId, claim })).claim!;
  }

  async settle(workerId: string, settle: Settlement): Promise<string> {
    return (await this.advances.add({ workerId, settle })).settled ?? 'late';
  }

  async refuse(refusal: Refusal): Promise<void> {
    await this.refusals.add(refusal);
  }

  /** Has the statement of every step planned on a connection, over nothing, before somebody waits for it. */
  async warmUp(workerId: string): Promise<void> {
    await this.database.query<Row>(ADVANCE, [workerId, ...parametersOf([])]);
  }

  async close(): Promise<void> {
    await Promise.all([this.advances.close(), this.refusals.close()]);
  }

  /** A process that was given up claims under a new id: then a batch may hold both. */
  private async flush(batch: readonly Advance[]): Promise<AdvanceAnswer[]> {
    const answers = new Array<AdvanceAnswer>(batch.length);
    const numbered = batch.map((advance, ord) => ({ advance, ord }));
    for (const [workerId, ofWorker] of Map.groupBy(numbered, ({ advance }) => advance.workerId)) {
      const rows = await this.database.query<Row>(ADVANCE, [workerId, ...parametersOf(ofWorker)]);
      for (const { ord } of ofWorker) answers[ord] = {};
      for (const row of rows) answers[row.ord] = { ...answers[row.ord], ...answerOf(row) };
    }
    return answers;
  }

  private async refuseAll(batch: readonly Refusal[]): Promise<boolean[]> {
    await this.database.query(REFUSE, [
      batch[0]!.workerId,
      batch.map((refusal) => refusal.stepId),
      batch.map((refusal) => refusal.epoch),
      batch.map((refusal) => refusal.taskId),
      batch.map((refusal) => refusal.code),
      batch.map((refusal) => clean(refusal.message)),
      batch.map((refusal) => refusal.request ?? null),
    ]);
    return batch.map(() => true);
  }
}

interface Row {
  readonly kind: 'claim' | 'settle';
  readonly ord: number;
  readonly result: string;
  readonly sending: number;
}

interface Numbered {
  readonly advance: Advance;
  readonly ord: number;
}

function answerOf(row: Row): AdvanceAnswer {
  return row.kind === 'claim'
    ? { claim: { result: row.result as ClaimResult, sending: row.sending } }
    : { settled: row.result };
}

function parametersOf(batch: readonly Numbered[]): unknown[] {
  const claims = batch.flatMap(({ advance, ord }) => (advance.claim ? [{ ...advance.claim, ord }] : []));
  const settlements = batch.flatMap(({ advance, ord }) => (advance.settle ? [{ ...advance.settle, ord }] : []));
  const artifacts = settlements.flatMap(({ operationId, sending, artifacts }) =>
    (artifacts ?? []).map((write) => ({ ...write, operationId, sending })),
  );
  return [
    ...claimColumns(claims),
    ...settlementColumns(settlements),
    ...artifactColumns(artifacts),
    claims.map((claim) => claim.resendWithinMs),
  ];
}

function claimColumns(claims: readonly (Claim & { ord: number })[]): unknown[] {
  return [
    claims.map((claim) => claim.ord),
    claims.map((claim) => claim.stepId),
    claims.map((claim) => claim.epoch),
    claims.map((claim) => claim.operationId),
    claims.map((claim) => claim.contractHash),
    claims.map((claim) => claim.effect),
    claims.map((claim) => claim.request),
    claims.map((claim) => sha256(claim.request)),
  ];
}

function settlementColumns(settlements: readonly (Settlement & { ord: number })[]): unknown[] {
  return [
    settlements.map((settlement) => settlement.ord),
    settlements.map((settlement) => settlement.operationId),
    settlements.map((settlement) => settlement.sending),
    settlements.map((settlement) => settlement.state),
    settlements.map((settlement) => settlement.response),
    settlements.map((settlement) => (settlement.response ? sha256(settlement.response) : null)),
    settlements.map((settlement) => settlement.outputValid),
    settlements.map((settlement) => settlement.code),
    settlements.map((settlement) => clean(settlement.message)),
    settlements.map((settlement) => settlement.retryAfterMs ?? null),
  ];
}

function artifactColumns(artifacts: readonly (ArtifactWrite & { operationId: string; sending: number })[]): unknown[] {
  return [
    artifacts.map((artifact) => artifact.operationId),
    artifacts.map((artifact) => artifact.name),
    artifacts.map((artifact) => artifact.mediaType),
    artifacts.map((artifact) => artifact.hash),
    artifacts.map((artifact) => artifact.content),
    artifacts.map((artifact) => artifact.sending),
  ];
}

const sha256 = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();

/** Text columns refuse U+0000, and a message is no place for a whole page. Nothing in a settle may fail on content. */
const clean = (message: string): string => message.replaceAll('\0', '�').toWellFormed().slice(0, MESSAGE_LENGTH_MAX);

const bytesOf = ({ settle, claim }: Advance): number =>
  (settle?.response?.length ?? 0) +
  (claim?.request.length ?? 0) +
  (settle?.artifacts ?? []).reduce((sum, artifact) => sum + artifact.size, 0);
