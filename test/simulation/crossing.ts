import { OperationLedger } from '@muster/ledger';
import type { Decision } from '../../apps/coordinator/src/lifecycle/decision';
import { TaskStore } from '../../apps/coordinator/src/lifecycle/task.store';
import type { TestDatabase } from '../support/database';
import { until } from '../support/until';
import { PatchedDatabase, type StatementPatch } from './patched-database';
import { claimOf, Player } from './plays';
import { RealStore } from './real-store';

export type Crossed = 'a decision' | 'a cancel';

const WAITING = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";

/**
 * A claim, made while a transaction that moves its step, or withdraws its task, has written and not yet committed.
 * Answers what the claim was answered, after the commit where it has waited for it.
 */
export async function claimAcross(
  { client, url }: TestDatabase,
  crossed: Crossed,
  patch?: StatementPatch,
): Promise<string> {
  const real = new RealStore(client, new PatchedDatabase(url));
  const holder = new PatchedDatabase(url, patch, 1);
  const claimer = new PatchedDatabase(url, patch);
  try {
    const player = await Player.begin(real, [{ id: 's0', tool: 'read' }]);
    const claim = claimOf(player.step());
    const decision = await decisionOf(player, crossed);
    // One connection, so that the statement runs in the transaction that is begun here.
    await holder.pool.query('begin');
    await new TaskStore(holder).commit([decision]);
    let answer: string | undefined;
    const claimed = new OperationLedger(claimer, 'crossing').claim(player.workerId, claim).then(({ result }) => {
      answer = result;
    });
    await until(async () => answer ?? (await client.query(WAITING)).rowCount, {
      what: 'the claim to wait or to be answered',
    });
    await holder.pool.query('commit');
    await claimed;
    return answer!;
  } finally {
    await Promise.all([holder.close(), claimer.close()]);
    await real.close();
  }
}

/** A refusal fails the step, under the lock of its row; a cancel withdraws the task. */
async function decisionOf(player: Player, crossed: Crossed): Promise<Decision> {
  if (crossed === 'a cancel') return (await player.cancel())!;
  const { id, epoch } = player.step();
  await player.twin.refuse(player.workerId, id, epoch, 'not_granted');
  return (await player.decide())!;
}
