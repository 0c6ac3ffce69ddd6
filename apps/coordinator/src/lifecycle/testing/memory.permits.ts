import { canTransition, PERMIT, type PermitState } from '@muster/domain';
import type { PermitChange } from '../decision';
import { Refused } from './refused';

export interface StoredPermit {
  readonly id: string;
  readonly operationId: string;
  readonly request: Buffer;
  readonly state: PermitState;
  readonly expiresAt: number | null;
}

/** The permits of one task, and which of them releases an operation: the rules of the real tables, in memory. */
export class MemoryPermits {
  readonly all = new Map<string, StoredPermit>();

  ask(asked: Pick<StoredPermit, 'id' | 'operationId' | 'request'>): void {
    const isOpen = [...this.all.values()].some(
      ({ operationId, state }) => operationId === asked.operationId && state === 'pending',
    );
    if (isOpen) throw new Refused('A person is asked twice about one operation.');
    this.all.set(asked.id, { ...asked, state: 'pending', expiresAt: null });
  }

  decide(change: Exclude<PermitChange, { state: 'pending' }>, now: number): void {
    const before = this.all.get(change.id)!;
    if (!canTransition(PERMIT, before.state, change.state)) {
      throw new Refused(`A permit went from ${before.state} to ${change.state}.`);
    }
    const expiresAt = change.expiresInMs === null ? null : now + change.expiresInMs;
    this.all.set(change.id, { ...before, state: change.state, expiresAt });
  }

  void(): void {
    for (const permit of this.all.values()) {
      if (permit.state === 'pending') this.all.set(permit.id, { ...permit, state: 'void' });
    }
  }

  /** The id of a permit for exactly these bytes of this operation that is in time; the first by its id. */
  releasing(operationId: string, request: Buffer, now: number): string | null {
    const fitting = [...this.all.values()].filter(
      (permit) =>
        permit.operationId === operationId &&
        permit.state === 'granted' &&
        permit.request.equals(request) &&
        permit.expiresAt! > now,
    );
    return fitting.map(({ id }) => id).sort()[0] ?? null;
  }
}
