import {
  type AgentContract,
  type CompiledPlan,
  type ContractPins,
  compilePlanBody,
  modelContractOf,
  type PlanBody,
  type ResolvedAgent,
  type ResolvedContract,
  resolveAgent,
  resolveContract,
  type ToolContract,
} from '@muster/domain';
import { Injectable } from '@nestjs/common';
import { Database, type NamedSql } from '../database';

const PLANS_KEPT_MAX = 500;

const READ_PLANS: NamedSql = { name: 'plan.read', text: 'select hash, body from plan where hash = any($1::text[])' };
const READ_CONTRACTS: NamedSql = {
  name: 'contract.read',
  text: 'select hash, document from contract where hash = any($1::text[])',
};

export interface KnownPlan {
  readonly plan: CompiledPlan;
  /** By hash: of every tool that the plan pins, and of the model calls of every agent. */
  readonly contracts: ReadonlyMap<string, ResolvedContract>;
}

/** Plans and contracts are named by their content, so that what was read once is right for ever. */
@Injectable()
export class PlanCache {
  private readonly plans = new Map<string, Promise<KnownPlan>>();

  constructor(private readonly database: Database) {}

  /**
   * Every plan asked for is in the answer; one that does not exist is a bug, since rows refer to it. Whoever asks while a
   * plan is being read waits for that: all steps of a new task come at once, and a large plan takes a while to open.
   */
  async get(hashes: readonly string[]): Promise<ReadonlyMap<string, KnownPlan>> {
    const wanted = [...new Set(hashes)];
    const opening = this.open(wanted.filter((hash) => !this.plans.has(hash)));
    const plans = wanted.map(async (hash) => [hash, await (opening.get(hash) ?? this.plans.get(hash)!)] as const);
    return new Map(await Promise.all(plans));
  }

  private open(hashes: readonly string[]): Map<string, Promise<KnownPlan>> {
    if (hashes.length === 0) return new Map();
    const reading = this.read(hashes);
    const opening = new Map(hashes.map((hash) => [hash, reading.then((plans) => known(plans, hash))]));
    for (const [hash, plan] of opening) {
      this.keep(hash, plan);
      // What could not be read is asked for anew; whoever waits for it hears why.
      plan.catch(() => this.plans.delete(hash));
    }
    return opening;
  }

  private async read(hashes: readonly string[]): Promise<ReadonlyMap<string, KnownPlan>> {
    const rows = await this.database.query<{ hash: string; body: string }>(READ_PLANS, [hashes]);
    const bodies = rows.map((row) => ({ hash: row.hash, body: JSON.parse(row.body) as PlanBody }));
    const documents = await this.readDocuments(
      bodies.flatMap(({ body }) => [...hashesOf(body.pins), ...hashesOf(body.agents)]),
    );
    return new Map(bodies.map(({ hash, body }) => [hash, knownPlan(body, documents)]));
  }

  private async readDocuments(hashes: readonly string[]): Promise<Documents> {
    const rows = await this.database.query<{ hash: string; document: string }>(READ_CONTRACTS, [[...new Set(hashes)]]);
    return new Map(rows.map((row) => [row.hash, row.document]));
  }

  private keep(hash: string, plan: Promise<KnownPlan>): void {
    const oldest = this.plans.keys().next().value;
    if (this.plans.size >= PLANS_KEPT_MAX && oldest !== undefined) this.plans.delete(oldest);
    this.plans.set(hash, plan);
  }
}

function known(plans: ReadonlyMap<string, KnownPlan>, hash: string): KnownPlan {
  const plan = plans.get(hash);
  if (!plan) throw new Error(`Rows refer to plan ${hash}, which is not there.`);
  return plan;
}

type Documents = ReadonlyMap<string, string>;

const hashesOf = (pins: ContractPins = {}): string[] => Object.values(pins).map(({ hash }) => hash);

function knownPlan(body: PlanBody, documents: Documents): KnownPlan {
  const read = <C, R>(pins: ContractPins | undefined, resolve: (contract: C, hash: string) => R): Map<string, R> =>
    new Map(
      hashesOf(pins).flatMap((hash) => {
        const text = documents.get(hash);
        return text === undefined ? [] : [[hash, resolve(JSON.parse(text) as C, hash)] as const];
      }),
    );
  const contracts = read<ToolContract, ResolvedContract>(body.pins, resolveContract);
  const agents = read<AgentContract, ResolvedAgent>(body.agents, resolveAgent);
  const plan = compilePlanBody(body, contracts, agents);
  return { plan, contracts: new Map([...contracts, ...modelContracts(plan)]) };
}

const modelContracts = (plan: CompiledPlan): [string, ResolvedContract][] =>
  [...plan.agents.values()].map((agent) => [agent.hash, modelContractOf(agent)]);
