import { gather, type Skill } from '@muster/client';
import type { CommandContext, DefineCommand } from '../command';
import { readDocument } from '../document-file';
import { safe } from '../render/paint';
import { table } from '../render/table';
import { count } from '../render/words';

export const define: DefineCommand = (command, context) => {
  command
    .option('--json', 'print JSON')
    .addHelpText('after', '\nRun one: muster submit --skill NAME --input name=value')
    .action((options: { json?: boolean }) => list(context, options));
  command
    .command('put')
    .description('register the plan templates in these YAML or JSON files')
    .argument('<files...>')
    .action((files: string[]) => put(context, files));
};

async function list(context: CommandContext, options: { json?: boolean }): Promise<void> {
  const skills = await gather(context.client().skills.list());
  const { out, err, paint } = context.terminal;
  if (options.json) return out(JSON.stringify(skills, null, 2));
  if (skills.length === 0) return err(`No skills yet. Register one: ${context.programName} skills put FILE`);
  out(
    table(
      skills,
      [
        { title: 'SKILL', of: (skill) => skill.name },
        { title: 'VERSION', of: (skill) => skill.version },
        { title: 'PARAMETERS', of: parametersOf },
        { title: 'STEPS', of: (skill) => String(skill.plan.steps.length), align: 'right' },
        { title: 'DESCRIPTION', of: (skill) => paint.quiet(safe(skill.description)) },
      ],
      paint,
    ),
  );
}

function parametersOf({ parameters }: Skill): string {
  const { properties } = parameters;
  return typeof properties === 'object' && properties !== null ? safe(Object.keys(properties).join(', ')) : '';
}

async function put(context: CommandContext, files: readonly string[]): Promise<void> {
  const skills = files.map((file) => readDocument(file, context.cwd) as unknown as Skill);
  const client = context.client();
  for (const skill of skills) await client.skills.put(skill);
  context.terminal.out(`${context.terminal.paint.good('✓')} ${count(skills.length, 'skill')} registered.`);
}
