import { gather, type JsonObject } from '@muster/client';
import type { Command } from 'commander';
import type { CommandContext } from '../command';
import { readDocument } from '../document-file';
import { type Column, table } from '../render/table';
import { count } from '../render/words';

/** Something that is registered under a name and a version. */
interface Registry<T> {
  /** What one of them is called, and what the files hold. */
  readonly noun: string;
  readonly files: string;
  readonly columns: (context: CommandContext) => readonly Column<T>[];
  readonly list: (context: CommandContext) => AsyncGenerator<T, void, undefined>;
  readonly put: (context: CommandContext, one: T) => Promise<unknown>;
}

/** `muster <name>` lists what there is, `muster <name> put FILE…` registers more. */
export function defineRegistry<T>(command: Command, context: CommandContext, registry: Registry<T>): void {
  command
    .option('--json', 'print JSON')
    .action((options: { json?: boolean }) => list(command.name(), context, registry, options));
  command
    .command('put')
    .description(`register the ${registry.files} in these YAML or JSON files`)
    .argument('<files...>')
    .action((files: string[]) => put(context, registry, files));
}

async function list<T>(
  name: string,
  context: CommandContext,
  registry: Registry<T>,
  options: { json?: boolean },
): Promise<void> {
  const all = await gather(registry.list(context));
  const { out, err, paint } = context.terminal;
  if (options.json) return out(JSON.stringify(all, null, 2));
  if (all.length === 0) return err(`No ${name} yet. Register one: ${context.programName} ${name} put FILE`);
  out(table(all, registry.columns(context), paint));
}

async function put<T>(context: CommandContext, registry: Registry<T>, files: readonly string[]): Promise<void> {
  const documents = files.map((file) => readDocument(file, context.cwd) as JsonObject as unknown as T);
  await putAll(context, registry, documents);
  context.terminal.out(`${context.terminal.paint.good('✓')} ${count(documents.length, registry.noun)} registered.`);
}

/** One may name another of them, in whatever order the files were given: what is refused is tried again behind the rest. */
async function putAll<T>(context: CommandContext, registry: Registry<T>, documents: readonly T[]): Promise<void> {
  const refused: { document: T; error: unknown }[] = [];
  for (const document of documents) {
    await registry.put(context, document).catch((error: unknown) => refused.push({ document, error }));
  }
  if (refused.length === documents.length) throw refused[0]!.error;
  if (refused.length > 0)
    await putAll(
      context,
      registry,
      refused.map(({ document }) => document),
    );
}
