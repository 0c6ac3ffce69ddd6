import type { Skill } from '@muster/client';
import type { DefineCommand } from '../command';
import { safe } from '../render/paint';
import { defineRegistry } from './registry';

export const define: DefineCommand = (command, context) => {
  command.addHelpText('after', '\nRun one: muster submit --skill NAME --input name=value');
  defineRegistry<Skill>(command, context, {
    noun: 'skill',
    files: 'plan templates',
    list: ({ client }) => client().skills.list(),
    put: ({ client }, skill) => client().skills.put(skill),
    columns: ({ terminal: { paint } }) => [
      { title: 'SKILL', of: (skill) => skill.name },
      { title: 'VERSION', of: (skill) => skill.version },
      { title: 'PARAMETERS', of: parametersOf },
      { title: 'STEPS', of: (skill) => String(skill.plan.steps.length), align: 'right' },
      { title: 'DESCRIPTION', of: (skill) => paint.quiet(safe(skill.description)) },
    ],
  });
};

function parametersOf({ parameters }: Skill): string {
  const { properties } = parameters;
  return typeof properties === 'object' && properties !== null ? safe(Object.keys(properties).join(', ')) : '';
}
