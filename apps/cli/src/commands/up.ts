import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DefineCommand } from '../command';
import { EXIT } from '../exit-codes';
import { projectRoot, SUPERVISOR } from '../project-root';
import { UsageFault } from '../usage.fault';

export const define: DefineCommand = (command, context) => {
  command.addHelpText('after', '\nSettings come from the environment; .env.example lists them.').action(async () => {
    const root = projectRoot();
    if (!existsSync(join(root, SUPERVISOR)))
      throw new UsageFault('Muster is not built yet. `npm start` builds and starts it.');
    const supervisor = spawn(process.execPath, [join(root, SUPERVISOR)], {
      cwd: root,
      env: context.env,
      // The channel tells the supervisor when we are gone, however that came about.
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    });
    supervisor.channel?.unref();
    // A terminal's Ctrl-C reaches the supervisor by itself; a SIGTERM of this process alone does not.
    context.interrupted.addEventListener('abort', () => supervisor.kill('SIGTERM'), { once: true });
    const [code] = (await once(supervisor, 'exit')) as [number | null];
    context.exitWith(code === 0 || context.interrupted.aborted ? EXIT.ok : EXIT.problem);
  });
};
