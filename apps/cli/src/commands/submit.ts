import type { TaskRequest } from '@muster/client';
import { collect, parseDuration, parseInput, parseLabels } from '../arguments';
import type { CommandContext, DefineCommand } from '../command';
import { readDocument, taskRequestFrom } from '../document-file';
import { taskLine } from '../render/task.view';
import { UsageFault } from '../usage.fault';
import { exitCodeFor } from '../watching';
import { attentionHint, watchTask } from './watch';

interface SubmitOptions {
  readonly skill?: string;
  readonly input: string[];
  readonly label: string[];
  readonly key?: string;
  readonly idempotencyKey?: string;
  readonly watch?: boolean;
  readonly wait?: boolean;
  readonly timeout: number;
  readonly json?: boolean;
}

export const define: DefineCommand = (command, context) => {
  command
    .argument('[file]', 'YAML or JSON: a task (plan, goal or skill) or a bare plan; - for standard input')
    .option('--skill <name[@version]>', 'run a registered skill; its parameters by --input')
    .option('--input <name=value|json>', 'input of the task; repeatable', collect, [])
    .option('--label <name=value>', 'label of the task; repeatable', collect, [])
    .option('--idempotency-key <key>', 'the same key with the same body gives the same task')
    .option('--watch', 'follow it until it has ended')
    .option('--wait', 'wait until it has ended or needs a person, then print it')
    .option('--timeout <duration>', 'longest --wait', parseDuration, 600_000)
    .option('--json', 'print the task as JSON')
    .addHelpText('after', '\nExample: muster submit examples/hello/plan.yaml --input name=World --watch')
    .action((file: string | undefined, options: SubmitOptions) => submit(context, file, options));
};

async function submit(context: CommandContext, file: string | undefined, options: SubmitOptions): Promise<void> {
  const request = withOptions(requestOf(context, file, options), options);
  const client = context.client();
  const task = await client.tasks.submit(request, { idempotencyKey: options.idempotencyKey });
  const { out, paint } = context.terminal;
  if (options.wait) {
    const ended = await client.tasks.wait(task.id, options.timeout, context.interrupted);
    out(options.json ? JSON.stringify(ended, null, 2) : [taskLine(ended, paint), ...attentionHint(ended, context)]);
    return context.exitWith(exitCodeFor(ended));
  }
  if (options.watch && !options.json) return context.exitWith(await watchTask(context, task.id));
  out(
    options.json
      ? JSON.stringify(task, null, 2)
      : [`${paint.strong(task.id)}  ${task.state}`, paint.quiet(`Follow it: ${context.programName} watch ${task.id}`)],
  );
}

function requestOf(context: CommandContext, file: string | undefined, { skill }: SubmitOptions): TaskRequest {
  if ((file === undefined) === (skill === undefined)) {
    throw new UsageFault('Give a file, or a skill by --skill; one of them.');
  }
  return file === undefined ? { skill } : taskRequestFrom(readDocument(file, context.cwd), file);
}

/** Options win over the file, name by name. */
export function withOptions(request: TaskRequest, options: Pick<SubmitOptions, 'input' | 'label'>): TaskRequest {
  const input = parseInput(options.input);
  const labels = parseLabels(options.label);
  return {
    ...request,
    ...(input ? { input: { ...request.input, ...input } } : {}),
    ...(Object.keys(labels).length ? { labels: { ...request.labels, ...labels } } : {}),
  };
}
