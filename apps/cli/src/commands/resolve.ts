import type { JsonObject } from '@muster/client';
import { Argument } from 'commander';
import { jsonOrText } from '../arguments';
import type { DefineCommand } from '../command';

interface ResolveOptions {
  readonly reason: string;
  readonly evidence: string;
  readonly output?: string;
  readonly json?: boolean;
}

export const define: DefineCommand = (command, context) => {
  command
    .argument('<operation>', 'operation id, such as op_…; `muster show` lists them')
    .addArgument(new Argument('<outcome>', 'what you found out').choices(['happened', 'absent']))
    .requiredOption('--reason <text>', 'why you are sure')
    .requiredOption('--evidence <text|json>', 'what you looked at: a link, a log line, a ticket')
    .option('--output <json>', 'what the tool would have answered, where it happened')
    .option('--json', 'print JSON')
    .action(async (id: string, outcome: 'happened' | 'absent', options: ResolveOptions) => {
      const client = context.client();
      const resolved = await client.operations.resolve(id, {
        outcome,
        reason: options.reason,
        evidence: evidenceFrom(options.evidence),
        ...(options.output === undefined ? {} : { output: jsonOrText(options.output) }),
      });
      const { out, paint } = context.terminal;
      out(options.json ? JSON.stringify(resolved, null, 2) : `${paint.good('✓')} ${id} is resolved: ${outcome}.`);
    });
};

/** Evidence is an object; a sentence becomes one. */
export function evidenceFrom(text: string): JsonObject {
  const value = jsonOrText(text);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : { note: value };
}
