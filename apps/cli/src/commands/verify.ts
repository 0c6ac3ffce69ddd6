import type { Verification } from '@muster/client';
import type { CommandContext, DefineCommand } from '../command';
import { EXIT, type ExitCode } from '../exit-codes';
import { safe } from '../render/paint';
import { count } from '../render/words';

interface VerifyOptions {
  readonly json?: boolean;
}

export const define: DefineCommand = (command, context) => {
  command
    .argument('[task]', 'task id, such as tsk_…; without it every task is verified, newest first')
    .option('--json', 'print what is wrong as JSON, a task a line, and the sum at the end')
    .addHelpText('after', '\nEnds with 1 where a line is wrong: the task, the event and the reason are named.')
    .action(async (id: string | undefined, options: VerifyOptions) => {
      context.exitWith(await verify(context, id, options));
    });
};

async function verify(context: CommandContext, id: string | undefined, options: VerifyOptions): Promise<ExitCode> {
  const sum = new Sum();
  const progress = options.json ? undefined : context.terminal.liveBlock();
  try {
    for await (const found of histories(context, id)) {
      context.interrupted.throwIfAborted();
      sum.add(found);
      if (!found.ok) tellWrong(context, found, options, progress);
      if (sum.tasks % TASKS_A_DRAWING === 0) progress?.draw([context.terminal.paint.quiet(sum.text)]);
    }
  } finally {
    progress?.draw([]);
    progress?.end();
  }
  tellSum(context, sum, options);
  return sum.wrong > 0 ? EXIT.problem : EXIT.ok;
}

/** Often enough to see that it goes on. */
const TASKS_A_DRAWING = 50;

async function* histories(context: CommandContext, id: string | undefined): AsyncGenerator<Verification> {
  const client = context.client();
  if (id) yield await client.tasks.verification(id);
  else yield* client.verifications();
}

class Sum {
  tasks = 0;
  events = 0;
  steps = 0;
  wrong = 0;

  add({ ok, events, steps }: Verification): void {
    this.tasks += 1;
    this.events += events;
    this.steps += steps;
    if (!ok) this.wrong += 1;
  }

  get text(): string {
    return `${count(this.tasks, 'task')}, ${count(this.events, 'event')}, ${count(this.steps, 'step')}`;
  }
}

type Progress = ReturnType<CommandContext['terminal']['liveBlock']>;

function tellWrong(
  { terminal }: CommandContext,
  found: Verification,
  { json }: VerifyOptions,
  progress: Progress,
): void {
  progress?.draw([]);
  if (json) return terminal.out(JSON.stringify(found));
  const { bad, strong } = terminal.paint;
  terminal.out(
    found.wrong.map(({ seq, reason }) => `${bad('✗')} ${strong(found.taskId)}  event ${seq}: ${safe(reason)}`),
  );
}

function tellSum({ terminal }: CommandContext, sum: Sum, { json }: VerifyOptions): void {
  const { tasks, events, steps, wrong } = sum;
  if (json) return terminal.out(JSON.stringify({ tasks, events, steps, wrong }));
  const { good, bad } = terminal.paint;
  if (wrong > 0) return terminal.out(`${bad('✗')} ${count(wrong, 'history', 'histories')} of ${sum.text} not in order`);
  terminal.out(`${good('✓')} ${sum.text}: every hash covers what it should, and the rows are as they were told`);
}
