import { collect } from '../arguments';
import type { CommandContext, DefineCommand } from '../command';
import { readDocument, taskRequestFrom } from '../document-file';
import { EXIT } from '../exit-codes';
import { planCheckLines } from '../render/plan-check.view';
import { withOptions } from './submit';

interface CheckOptions {
  readonly input: string[];
  readonly grant: string[];
  readonly json?: boolean;
}

export const define: DefineCommand = (command, context) => {
  command
    .command('check')
    .description('hold a plan or a task to every rule, and run nothing')
    .argument('<file>', 'YAML or JSON: a task (plan, goal or skill) or a bare plan; - for standard input')
    .option('--input <name=value|json>', 'input of the task; repeatable', collect, [])
    .option(
      '--grant <tool>',
      'grant a tool, or prefix.*; repeatable; default: the tools that the plan names',
      collect,
      [],
    )
    .option('--json', 'print the answer as JSON')
    .addHelpText('after', '\nEnds with 1 where the plan would be refused.')
    .action((file: string, options: CheckOptions) => check(context, file, options));
};

async function check(context: CommandContext, file: string, options: CheckOptions): Promise<void> {
  const request = withOptions(taskRequestFrom(readDocument(file, context.cwd), file), { ...options, label: [] });
  const grants = options.grant.length > 0 ? { grants: options.grant } : {};
  const found = await context.client().plans.check({ ...request, ...grants });
  const { out, paint } = context.terminal;
  out(options.json ? JSON.stringify(found, null, 2) : planCheckLines(found, paint));
  context.exitWith(found.problems.length > 0 ? EXIT.problem : EXIT.ok);
}
