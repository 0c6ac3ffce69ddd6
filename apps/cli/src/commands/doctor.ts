import { gather, type MusterClient } from '@muster/client';
import type { DefineCommand } from '../command';
import { examine, type Finding, type Look } from '../doctor/examine';
import { EXIT } from '../exit-codes';
import { type Paint, padTo, safe } from '../render/paint';

export const define: DefineCommand = (command, context) => {
  command.option('--json', 'print JSON').action(async (options: { json?: boolean }) => {
    const client = context.client();
    const findings = examine(await look(client));
    const { out, paint } = context.terminal;
    out(options.json ? JSON.stringify({ url: client.url, findings }, null, 2) : report(client.url, findings, paint));
    context.exitWith(findings.some((finding) => finding.verdict === 'bad') ? EXIT.problem : EXIT.ok);
  });
};

/** How many unfinished tasks are looked at: the newest. */
const TASKS_LOOKED_AT_MAX = 500;
const UNFINISHED = ['accepted', 'planning', 'running', 'verifying', 'compensating'] as const;

async function look(client: MusterClient): Promise<Look> {
  const readiness = await client.readiness();
  const [diagnosis, breakers, tasks] = await Promise.all([
    client.doctor(),
    gather(client.breakers()),
    unfinishedTasks(client),
  ]);
  return { readiness, diagnosis, breakers, tasks };
}

async function unfinishedTasks(client: MusterClient): Promise<Look['tasks']> {
  const tasks = [];
  for await (const task of client.tasks.list({ state: UNFINISHED, limit: TASKS_LOOKED_AT_MAX })) {
    if (tasks.push(task) >= TASKS_LOOKED_AT_MAX) break;
  }
  return tasks;
}

function report(url: string, findings: readonly Finding[], paint: Paint): string[] {
  const width = Math.max(...findings.map((finding) => finding.what.length));
  const marks = { good: paint.good('✓'), warn: paint.warn('!'), bad: paint.bad('✗') };
  return [
    `${paint.strong('Muster')} at ${url}`,
    ...findings.flatMap((finding) => [
      `  ${marks[finding.verdict]} ${padTo(finding.what, width)}  ${safe(finding.says)}`,
      ...finding.more.map((line) => `    ${' '.repeat(width)}  ${paint.quiet(safe(line))}`),
    ]),
  ];
}
