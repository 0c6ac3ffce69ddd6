import type { BreakerView, WorkerView } from '@muster/contracts';
import { showId } from '@muster/domain';
import { Injectable } from '@nestjs/common';
import { Database, type NamedSql } from '../database';
import type { Breaker, Worker } from '../generated/client';
import { ANY_UUID, type Page, type PageRequest, pageOf, placeOf } from './paging';
import { iso } from './stored-json';
import { typedRead } from './typed-read';

export interface ToolVersion {
  readonly name: string;
  readonly version: string;
  readonly hash: string;
}

export interface RegisteredTool extends ToolVersion {
  /** The contract's text, as registered. */
  readonly document: string;
}

export interface ApiKeyRecord {
  readonly id: string;
  readonly tenantId: string;
  readonly scopes: readonly string[];
  readonly rateLimited: boolean;
}

/** Workers that died longer ago than this are history, and no longer listed. */
const DEAD_WORKERS_SHOWN_MS = 60 * 60 * 1000;

type Registry = 'tool' | 'agent';

/** The version of each name that was registered last. */
const latestOf = (table: Registry): NamedSql => ({
  name: `read.latest-${table}s`,
  text: `select distinct on (name) name, version, contract_hash as hash from ${table}
    where tenant_id = $1 order by name, registered_at desc, version desc`,
});
const LATEST = { tool: latestOf('tool'), agent: latestOf('agent') };

const pageFrom = (table: Registry): NamedSql => ({
  name: `read.${table}-page`,
  text: `select t.name, t.version, t.hash, c.document from (
      select distinct on (name) name, version, contract_hash as hash from ${table}
      where tenant_id = $1 and name > $2 order by name, registered_at desc, version desc limit $3) t
    join contract c on c.hash = t.hash order by t.name`,
});
const PAGES = { tool: pageFrom('tool'), agent: pageFrom('agent') };

const oneOf = (table: Registry): NamedSql => ({
  name: `read.${table}`,
  text: `select t.name, t.version, t.contract_hash as hash, c.document from ${table} t join contract c on c.hash = t.contract_hash
    where t.tenant_id = $1 and t.name = $2 and ($3::text is null or t.version = $3)
    order by t.registered_at desc, t.version desc limit 1`,
});
const ONE = { tool: oneOf('tool'), agent: oneOf('agent') };

/** Keys, tools, workers and breakers: what the runtime knows of its surroundings. */
@Injectable()
export class RegistryReader {
  constructor(private readonly database: Database) {}

  /** The key with this SHA-256, unless it was revoked. */
  async apiKey(keyHash: Uint8Array<ArrayBuffer>): Promise<ApiKeyRecord | undefined> {
    const key = await typedRead(this.database, (prisma) => prisma.apiKey.findUnique({ where: { keyHash } }));
    if (!key || key.revokedAt) return undefined;
    return { id: key.id, tenantId: key.tenantId, scopes: key.scopes, rateLimited: key.rateLimited };
  }

  /** The contract last registered under this name, or that of one version. */
  async tool(tenantId: string, name: string, version?: string): Promise<RegisteredTool | undefined> {
    return this.oneFrom('tool', tenantId, name, version);
  }

  async agent(tenantId: string, name: string, version?: string): Promise<RegisteredTool | undefined> {
    return this.oneFrom('agent', tenantId, name, version);
  }

  private async oneFrom(table: Registry, tenantId: string, name: string, version?: string) {
    const [row] = await this.database.query<RegisteredTool>(ONE[table], [tenantId, name, version ?? null]);
    return row;
  }

  async latestTools(tenantId: string): Promise<ToolVersion[]> {
    return this.database.query<ToolVersion>(LATEST.tool, [tenantId]);
  }

  async latestAgents(tenantId: string): Promise<ToolVersion[]> {
    return this.database.query<ToolVersion>(LATEST.agent, [tenantId]);
  }

  /** The texts of contracts by their hashes. */
  async contracts(hashes: readonly string[]): Promise<Map<string, string>> {
    if (hashes.length === 0) return new Map();
    const rows = await typedRead(this.database, (prisma) =>
      prisma.contract.findMany({ where: { hash: { in: [...hashes] } } }),
    );
    return new Map(rows.map((row) => [row.hash, row.document]));
  }

  async toolPage(tenantId: string, page: PageRequest): Promise<Page<RegisteredTool>> {
    return this.pageFrom('tool', tenantId, page);
  }

  async agentPage(tenantId: string, page: PageRequest): Promise<Page<RegisteredTool>> {
    return this.pageFrom('agent', tenantId, page);
  }

  private async pageFrom(table: Registry, tenantId: string, { limit, cursor }: PageRequest) {
    const [after] = placeOf(cursor, ['']) ?? [''];
    const rows = await this.database.query<RegisteredTool>(PAGES[table], [tenantId, after, limit + 1]);
    return pageOf(
      rows,
      limit,
      (row) => [row.name],
      (row) => row,
    );
  }

  /** Living ones and those that died lately, newest first. */
  async workers({ limit, cursor }: PageRequest): Promise<Page<WorkerView>> {
    const [before] = placeOf(cursor, [ANY_UUID]) ?? [undefined];
    const recent = new Date(Date.now() - DEAD_WORKERS_SHOWN_MS);
    const rows = await typedRead(this.database, (prisma) =>
      prisma.worker.findMany({
        where: { id: { lt: before }, OR: [{ state: { not: 'dead' } }, { leasedUntil: { gt: recent } }] },
        orderBy: { id: 'desc' },
        take: limit + 1,
      }),
    );
    return pageOf(rows, limit, (row) => [row.id], workerOf);
  }

  /** As each living executor sees them. */
  async breakers(tenantId: string, { limit, cursor }: PageRequest): Promise<Page<BreakerView>> {
    const [tool, workerId] = placeOf(cursor, ['', ANY_UUID]) ?? ['', ANY_UUID];
    const rows = await typedRead(this.database, async (prisma) => {
      const living = await prisma.worker.findMany({
        where: { service: 'executor', state: { not: 'dead' } },
        select: { id: true },
      });
      return prisma.breaker.findMany({
        where: {
          tenantId,
          workerId: { in: living.map(({ id }) => id) },
          OR: [{ tool: { gt: tool } }, { tool, workerId: { gt: workerId } }],
        },
        orderBy: [{ tool: 'asc' }, { workerId: 'asc' }],
        take: limit + 1,
      });
    });
    return pageOf(rows, limit, (row) => [row.tool, row.workerId], breakerOf);
  }
}

const workerOf = (row: Worker): WorkerView => ({
  id: showId('worker', row.id),
  service: row.service,
  pid: row.pid,
  host: row.host,
  state: row.state,
  startedAt: row.startedAt.toISOString(),
  lastJobAt: iso(row.lastJobAt),
});

const breakerOf = (row: Breaker): BreakerView => ({
  tool: row.tool,
  workerId: showId('worker', row.workerId),
  state: row.state,
  failures: row.failures,
  successes: row.successes,
  rejects: row.rejects,
  openedAt: iso(row.openedAt),
  updatedAt: row.updatedAt.toISOString(),
});
