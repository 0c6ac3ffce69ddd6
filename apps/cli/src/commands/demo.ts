import type { DefineCommand } from '../command';
import { runDemo } from '../demo/demo';

export const define: DefineCommand = (command, context) => {
  command
    .option('--repo <path>', 'git repository whose history is the input (default: this one, else the bundled one)')
    .option('--keep-going <duration>', 'give up after this long', '60s')
    .action(async (options: { repo?: string; keepGoing: string }) => context.exitWith(await runDemo(context, options)));
};
