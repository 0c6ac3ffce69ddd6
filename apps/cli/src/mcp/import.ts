import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ToolContract } from '@muster/client';
import { EFFECT_CLASSES, type EffectClass, nearestName } from '@muster/domain';
import type { ListedTool } from '@muster/mcp';
import type { CommandContext } from '../command';
import { safe } from '../render/paint';
import { table } from '../render/table';
import { count } from '../render/words';
import { UsageFault } from '../usage.fault';
import { contractOf, type Naming } from './contract';
import { claimsOf, HINT, toolsOf } from './listing';

export interface ImportOptions {
  readonly servers?: string;
  readonly effect: readonly string[];
  readonly dedupeWindow?: number;
  readonly asVersion: string;
  readonly prefix?: string;
  readonly out?: string;
}

/** Registers the tools that a person gave an effect class, and no others. */
export async function importTools(context: CommandContext, server: string, options: ImportOptions): Promise<void> {
  const effects = new Map(options.effect.map(readEffect));
  const tools = await toolsOf(context, server, options.servers);
  checkEffects(effects, tools, options);
  const naming = {
    server,
    prefix: options.prefix ?? server,
    version: options.asVersion,
    dedupeWindowMs: options.dedupeWindow,
  };
  const contracts = contractsOf(tools, effects, naming);
  if (options.out === undefined) await register(context, [...contracts.values()]);
  else write(resolve(context.cwd, options.out), [...contracts.values()]);
  tell(context, tools, contracts, options);
}

function readEffect(text: string): readonly [string, EffectClass] {
  const at = text.lastIndexOf('=');
  const effect = EFFECT_CLASSES.find((one) => one === text.slice(at + 1));
  if (at < 1 || !effect) throw new UsageFault(`--effect wants tool=class, a class being ${EFFECT_CLASSES.join(', ')}.`);
  return [text.slice(0, at), effect];
}

function checkEffects(effects: ReadonlyMap<string, EffectClass>, tools: readonly ListedTool[], options: ImportOptions) {
  const names = tools.map(({ name }) => name);
  for (const [name, effect] of effects) {
    if (!names.includes(name)) throw new UsageFault(`The server lists no tool '${name}'.${nearest(name, names)}`);
    if (effect === 'transactional') {
      throw new UsageFault(`${name} is not transactional: only adapters inside Muster write in its own database.`);
    }
    if (effect === 'keyed' && options.dedupeWindow === undefined) {
      throw new UsageFault(`${name} is keyed: say with --dedupe-window how long its server refuses duplicates.`);
    }
    if (effect === 'probed' && options.out === undefined) {
      throw new UsageFault(`${name} is probed: write its contract with --out, add the probe, then: tools put.`);
    }
  }
}

function nearest(name: string, names: readonly string[]): string {
  const near = nearestName(name, names);
  return near === undefined ? '' : ` Did you mean '${near}'?`;
}

/** By the tools' own names. Two tools that would become one contract are refused. */
function contractsOf(
  tools: readonly ListedTool[],
  effects: ReadonlyMap<string, EffectClass>,
  naming: Naming,
): ReadonlyMap<string, ToolContract> {
  const contracts = new Map<string, ToolContract>();
  for (const tool of tools) {
    const effect = effects.get(tool.name);
    if (!effect) continue;
    const contract = contractOf(tool, effect, naming);
    const twin = [...contracts].find(([, { name }]) => name === contract.name)?.[0];
    if (twin !== undefined) throw new UsageFault(`${twin} and ${tool.name} would both be ${contract.name}.`);
    contracts.set(tool.name, contract);
  }
  return contracts;
}

async function register(context: CommandContext, contracts: readonly ToolContract[]): Promise<void> {
  const client = contracts.length > 0 ? context.client() : undefined;
  for (const contract of contracts) await client?.tools.put(contract);
}

function write(folder: string, contracts: readonly ToolContract[]): void {
  mkdirSync(folder, { recursive: true });
  for (const contract of contracts) {
    writeFileSync(join(folder, `${contract.name}.json`), `${JSON.stringify(contract, null, 2)}\n`);
  }
}

function tell(
  { terminal, programName }: CommandContext,
  tools: readonly ListedTool[],
  contracts: ReadonlyMap<string, ToolContract>,
  { out: folder }: ImportOptions,
): void {
  const { paint } = terminal;
  const columns = [
    { title: 'TOOL', of: ({ name }: ListedTool) => safe(name) },
    { title: 'THE SERVER CLAIMS', of: claimsOf },
    { title: 'EFFECT', of: ({ name }: ListedTool) => contracts.get(name)?.effect ?? paint.quiet('denied') },
    { title: 'CONTRACT', of: ({ name }: ListedTool) => contracts.get(name)?.name ?? '' },
  ];
  const done =
    folder === undefined
      ? `${paint.good('✓')} ${count(contracts.size, 'tool')} registered.`
      : `${paint.good('✓')} ${count(contracts.size, 'contract')} written. Register them: ${programName} tools put ${folder}/*.json`;
  const nothing = 'Nothing was imported: give each tool that may be called an effect class, --effect tool=class.';
  terminal.out([...table(tools, columns, paint), '', HINT, contracts.size === 0 ? nothing : done]);
}
