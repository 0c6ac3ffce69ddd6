import type { Task, TaskState } from '@muster/client';
import { collect, parseLabels, parsePositive } from '../arguments';
import type { DefineCommand } from '../command';
import { taskTable } from '../render/task.view';

interface TasksOptions {
  readonly state?: TaskState;
  readonly label: string[];
  readonly limit: number;
  readonly json?: boolean;
}

/** The largest page the API gives. */
const PAGE_MAX = 500;

export const define: DefineCommand = (command, context) => {
  command
    .option('--state <state>', 'only tasks in this state')
    .option('--label <name=value>', 'only tasks with this label; repeatable, all must hold', collect, [])
    .option('--limit <n>', 'how many', parsePositive, 20)
    .option('--json', 'print JSON')
    .action(async ({ state, label, limit, json }: TasksOptions) => {
      const client = context.client();
      const pages = client.tasks.list({ state, labels: parseLabels(label), limit: Math.min(limit, PAGE_MAX) });
      const tasks: Task[] = [];
      for await (const task of pages) if (tasks.push(task) >= limit) break;
      const { out, err, paint } = context.terminal;
      if (json) return out(JSON.stringify(tasks, null, 2));
      if (tasks.length === 0) return err(`No tasks yet. Submit one: ${context.programName} submit FILE`);
      out(taskTable(tasks, paint, Date.now()));
    });
};
