import type { PlanDiff } from '@muster/client';
import { collect } from '../arguments';
import type { CommandContext, DefineCommand } from '../command';
import { readDocument, taskRequestFrom } from '../document-file';
import { EXIT } from '../exit-codes';
import { safe } from '../render/paint';
import { planCheckLines } from '../render/plan-check.view';
import { UsageFault } from '../usage.fault';
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
  command
    .command('revise')
    .description('put a plan in the place of the one that a task goes by; what has begun goes on')
    .argument('<task>', 'task id, such as tsk_…')
    .argument('<file>', 'YAML or JSON: the new plan; - for standard input')
    .requiredOption('--replaces <revision>', 'the revision that it was made from; `muster show` tells it', Number)
    .option('--json', 'print the answer as JSON')
    .action((task: string, file: string, options: ReviseOptions) => revise(context, task, file, options));
  command
    .command('diff')
    .description('show what one revision of a task’s plan changed of an earlier one')
    .argument('<task>', 'task id, such as tsk_…')
    .requiredOption('--from <revision>', 'the earlier one', Number)
    .requiredOption('--to <revision>', 'the later one', Number)
    .option('--json', 'print the answer as JSON')
    .action(async (task: string, options: DiffOptions) => {
      show(context, await context.client().tasks.planDiff(task, options.from, options.to), options);
    });
};

interface ReviseOptions {
  readonly replaces: number;
  readonly json?: boolean;
}
interface DiffOptions {
  readonly from: number;
  readonly to: number;
  readonly json?: boolean;
}

async function revise(context: CommandContext, task: string, file: string, options: ReviseOptions): Promise<void> {
  const { plan } = taskRequestFrom(readDocument(file, context.cwd), file);
  if (!plan) throw new UsageFault(`${file} holds no plan: a plan has steps.`);
  show(context, await context.client().tasks.revise(task, { plan, replaces: options.replaces }), options);
}

const SIGNS = { kept: ' ', added: '+', dropped: '-' } as const;

function show(
  { terminal: { out, paint } }: CommandContext,
  diff: PlanDiff,
  { json }: { readonly json?: boolean },
): void {
  if (json) return out(JSON.stringify(diff, null, 2));
  const line = (sign: keyof typeof SIGNS, id: string) => {
    const text = `  ${SIGNS[sign]} ${safe(id)}`;
    return sign === 'added' ? paint.good(text) : sign === 'dropped' ? paint.bad(text) : paint.quiet(text);
  };
  out([
    paint.quiet(`plan revision ${diff.from} → ${diff.to}`),
    ...(['kept', 'added', 'dropped'] as const).flatMap((sign) => diff[sign].map((id) => line(sign, id))),
  ]);
}

async function check(context: CommandContext, file: string, options: CheckOptions): Promise<void> {
  const request = withOptions(taskRequestFrom(readDocument(file, context.cwd), file), { ...options, label: [] });
  const grants = options.grant.length > 0 ? { grants: options.grant } : {};
  const found = await context.client().plans.check({ ...request, ...grants });
  const { out, paint } = context.terminal;
  out(options.json ? JSON.stringify(found, null, 2) : planCheckLines(found, paint));
  context.exitWith(found.problems.length > 0 ? EXIT.problem : EXIT.ok);
}
