import { randomBytes } from 'node:crypto';
import type { IntakeKeyView, IssuedIntakeKeyView } from '@muster/contracts';
import { newUuid, parseId, showId } from '@muster/domain';
import { ANY_UUID, Database, type Page, type PageRequest, pageOf, placeOf } from '@muster/persistence';
import { Injectable } from '@nestjs/common';
import { FIND_KEY, INSERT_KEY, KEY_PAGE, REVOKE_KEY } from './intake.sql';

/** A key with what it takes to check a signature. */
export interface IntakeKey {
  readonly id: string;
  readonly tenantId: string;
  readonly secret: string;
  readonly revokedAt?: Date;
}

interface KeyRow {
  readonly id: string;
  readonly label: string;
  readonly created_at: Date;
  readonly revoked_at: Date | null;
}

const SECRET_BYTES = 32;

/** The only writer of intake keys, and the only reader of their secrets. */
@Injectable()
export class IntakeKeyStore {
  constructor(private readonly database: Database) {}

  async issue(tenantId: string, label: string): Promise<IssuedIntakeKeyView> {
    const id = newUuid();
    const secret = `mis_${randomBytes(SECRET_BYTES).toString('base64url')}`;
    const [row] = await this.database.query<{ created_at: Date }>(INSERT_KEY, [id, tenantId, label, secret]);
    return { id: showId('intakeKey', id), label, createdAt: row!.created_at.toISOString(), secret };
  }

  /** The key that a message names, revoked or not. */
  async find(shownId: string): Promise<IntakeKey | undefined> {
    const id = parseId('intakeKey', shownId);
    if (!id) return undefined;
    const [row] = await this.database.query<{ tenant_id: string; secret: string; revoked_at: Date | null }>(FIND_KEY, [
      id,
    ]);
    return row && { id, tenantId: row.tenant_id, secret: row.secret, revokedAt: row.revoked_at ?? undefined };
  }

  async revoke(tenantId: string, id: string): Promise<IntakeKeyView | undefined> {
    const [row] = await this.database.query<KeyRow>(REVOKE_KEY, [id, tenantId]);
    return row && viewOf(row);
  }

  async page(tenantId: string, { limit, cursor }: PageRequest): Promise<Page<IntakeKeyView>> {
    const [before] = placeOf(cursor, [ANY_UUID]) ?? [null];
    const rows = await this.database.query<KeyRow>(KEY_PAGE, [tenantId, before, limit + 1]);
    return pageOf(rows, limit, (row) => [row.id], viewOf);
  }
}

const viewOf = ({ id, label, created_at, revoked_at }: KeyRow): IntakeKeyView => ({
  id: showId('intakeKey', id),
  label,
  createdAt: created_at.toISOString(),
  revokedAt: revoked_at?.toISOString(),
});
