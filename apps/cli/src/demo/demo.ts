import { join, relative } from 'node:path';
import { MusterUnreachable, type TaskRequest } from '@muster/client';
import { parseDuration } from '../arguments';
import type { CommandContext } from '../command';
import { readDocument, taskRequestFrom } from '../document-file';
import { EXIT, type ExitCode } from '../exit-codes';
import { projectRoot } from '../project-root';
import { contractsIn } from './contracts';
import { DeskProcess } from './desk.process';
import { EmbeddedMuster } from './embedded-muster';
import { Executioner } from './executioner';
import { follow, ticketsWanted } from './follow';
import { chooseRepository, type Repository } from './repository';
import { summary } from './summary';
import { judge, type Recording } from './verdict';

export interface DemoOptions {
  readonly repo?: string;
  readonly keepGoing: string;
}

const TICKET_TOOLS = ['tickets.open', 'old-desk.open'];

interface Stage {
  readonly muster: EmbeddedMuster;
  readonly desk: DeskProcess;
  readonly deskUrl: string;
  readonly repository: Repository;
  readonly example: string;
}

/** The lost acknowledgement, on real input. Whatever happens, nothing of it is left running. */
export async function runDemo(context: CommandContext, options: DemoOptions): Promise<ExitCode> {
  const startedAt = performance.now();
  const root = projectRoot();
  const dataDir = join(root, '.muster', 'demo');
  const { out, paint } = context.terminal;
  out([
    paint.strong('The lost acknowledgement'),
    'A desk applies what it is asked to and drops the connection; then the executor is killed.',
    '',
  ]);
  const gaveUp = AbortSignal.timeout(parseDuration(options.keepGoing));
  const stop = AbortSignal.any([context.interrupted, gaveUp]);

  const stopping: (() => Promise<void>)[] = [];
  try {
    const stage = await prepare(context, options, root, dataDir, stop, stopping);
    const { taskId, recording } = await perform(context, stage, stop);
    const verdict = judge(recording);
    const shownDir = relative(context.cwd, dataDir) || dataDir;
    await stopAll(stopping);
    const tookMs = performance.now() - startedAt;
    out(['', ...summary({ verdict, kills: recording.kills, taskId, tookMs, dataDir: shownDir }, paint)]);
    return verdict.held ? EXIT.ok : EXIT.problem;
  } catch (fault) {
    throw told(fault, gaveUp.aborted ? `The demo did not end within ${options.keepGoing}.` : undefined, dataDir);
  } finally {
    await stopAll(stopping);
  }
}

/** A Muster that goes away in the middle is no matter of `npm start`: it was the demo's own. */
function told(fault: unknown, timeUp: string | undefined, dataDir: string): unknown {
  const what = timeUp ?? (fault instanceof MusterUnreachable ? "The demo's Muster went away." : undefined);
  return what
    ? new Error(`${what} See ${join(dataDir, 'demo.log')} and ${join(dataDir, 'logs')}.`, { cause: fault })
    : fault;
}

async function stopAll(stopping: (() => Promise<void>)[]): Promise<void> {
  await Promise.all(stopping.splice(0).map((stop) => stop()));
}

async function prepare(
  { cwd, env, terminal }: CommandContext,
  options: DemoOptions,
  root: string,
  dataDir: string,
  stop: AbortSignal,
  stopping: (() => Promise<void>)[],
): Promise<Stage> {
  const repository = chooseRepository(options.repo, cwd, root);
  const muster = await EmbeddedMuster.start(root, dataDir, env, stop);
  stopping.push(() => muster.stop());
  const example = join(root, 'examples', 'lost-acknowledgement');
  const { desk, url: deskUrl } = await DeskProcess.start(join(example, 'desk.mjs'), join(dataDir, 'desk.log'));
  stopping.push(() => desk.stop());
  terminal.out([
    terminal.paint.quiet(
      `Muster  ${muster.client.url}, its own Postgres, data in ${relative(cwd, dataDir) || dataDir}`,
    ),
    terminal.paint.quiet(`Desk    ${deskUrl}, a process of its own`),
    terminal.paint.quiet(`Input   ${repository.says}`),
    '',
  ]);
  return { muster, desk, deskUrl, repository, example };
}

async function perform(
  context: CommandContext,
  stage: Stage,
  stop: AbortSignal,
): Promise<{ taskId: string; recording: Recording }> {
  const { client } = stage.muster;
  const { deskUrl: desk, repository, example } = stage;
  const values = { desk, repository: repository.path, node: process.execPath, example };
  for (const contract of contractsIn(join(example, 'tools'), values)) await client.tools.put(contract);
  const task = await client.tasks.submit({ ...planOf(example), labels: { demo: 'lost-acknowledgement' } });

  const trouble = new AbortController();
  const executioner = new Executioner(client, stage.desk.lines, (fault) => trouble.abort(fault));
  stage.desk.onLine(() => executioner.look());
  const scene = { client, taskId: task.id, deskLines: stage.desk.lines, executioner };
  const last = await follow(scene, context.terminal, AbortSignal.any([stop, trouble.signal]));
  trouble.signal.throwIfAborted();
  stop.throwIfAborted();
  const operations = last.operations.filter((operation) => TICKET_TOOLS.includes(operation.tool));
  const recording = {
    task: last.task,
    wanted: ticketsWanted(last) ?? 0,
    operations,
    log: stage.desk.log(),
    kills: executioner.kills,
  };
  return { taskId: task.id, recording };
}

const planOf = (example: string): TaskRequest => taskRequestFrom(readDocument('plan.yaml', example), 'plan.yaml');
