import type { MusterClient } from '@muster/client';
import type { Paint } from '../render/paint';
import { stepTree } from '../render/step-tree';
import { changeLines, type Snapshot, taskState } from '../render/task.view';
import { count } from '../render/words';
import type { Terminal } from '../terminal';
import { snapshots } from '../watching';
import { type DeskLine, effectsIn, openDeliveries } from './desk-log';
import type { Executioner } from './executioner';
import type { Kill } from './verdict';

export interface Scene {
  readonly client: MusterClient;
  readonly taskId: string;
  readonly deskLines: readonly DeskLine[];
  readonly executioner: Executioner;
}

/** Draws the task until it has ended; on the way the executioner learns what to wait for. */
export async function follow(scene: Scene, terminal: Terminal, stop: AbortSignal): Promise<Snapshot> {
  const block = terminal.liveBlock();
  let last: Snapshot | undefined;
  let killsTold = 0;
  try {
    for await (const snapshot of snapshots(scene.client, scene.taskId, stop)) {
      const wanted = ticketsWanted(snapshot);
      if (wanted) scene.executioner.expect(wanted);
      const { kills } = scene.executioner;
      if (block) block.draw(sceneLines(scene, snapshot, terminal.paint));
      else printed(terminal, [...kills.slice(killsTold).map(killText), ...changeLines(last, snapshot)]);
      killsTold = kills.length;
      last = snapshot;
    }
  } finally {
    block?.end();
  }
  return last!;
}

/** Every pair of author and area gets a ticket at both counters; undefined until the pairs are known. */
export function ticketsWanted({ steps }: Pick<Snapshot, 'steps'>): number | undefined {
  const output = steps.find((step) => step.key === 'pairs')?.output;
  const items = typeof output === 'object' && output !== null && !Array.isArray(output) ? output.items : undefined;
  return Array.isArray(items) ? items.length * 2 : undefined;
}

function printed(terminal: Terminal, lines: readonly string[]): void {
  if (lines.length) terminal.out(lines);
}

const ITEMS_SHOWN_MAX = 6;

function sceneLines(
  { taskId, deskLines, executioner }: Scene,
  { task, steps, operations }: Snapshot,
  paint: Paint,
): string[] {
  return [
    `${paint.strong(taskId)}  ${taskState(task, paint)}`,
    ...stepTree(steps, operations, { paint, now: Date.now(), itemsShownMax: ITEMS_SHOWN_MAX }).map(
      (line) => `  ${line}`,
    ),
    deskText(deskLines),
    ...executioner.kills.map((kill) => paint.warn(killText(kill))),
  ];
}

function deskText(lines: readonly DeskLine[]): string {
  const resets = lines.filter((line) => line.what === 'reset').length;
  return `desk: ${count(effectsIn(lines).length, 'ticket')}, ${openDeliveries(lines)} being worked on, ${count(resets, 'connection')} reset`;
}

const killText = ({ pid, inFlight, effectsBefore }: Kill): string =>
  `executor ${pid} killed: ${count(effectsBefore, 'ticket')} applied, ${count(inFlight, 'call')} in flight`;
