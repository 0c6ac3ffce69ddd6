import type { MemoryStore } from '../../apps/coordinator/src/lifecycle/testing/memory.store';
import { MemorySweep } from '../../apps/coordinator/src/lifecycle/testing/memory.sweep';
import { GRACE_MS } from '../../apps/coordinator/src/lifecycle/testing/task.world';
import type { ReadBack } from '../../apps/verifier/src/checks/read-back';
import { Bell } from './bell';
import type { Draws } from './draws';
import type { FaultName, Mix } from './mix';
import type { Actor, Stage } from './stage';
import { ToolSite } from './tool-site';

/** What all processes share: the database, the queue, the tools, and the wires between them. */
export class World {
  readonly sweep: MemorySweep;
  readonly bell: Bell;
  readonly site: ToolSite;
  /** What the verifier keeps of its own, by operation. */
  readonly readBacks = new Map<string, ReadBack[]>();
  readonly struck = new Map<string, number>();

  constructor(
    readonly stage: Stage,
    readonly draws: Draws,
    readonly store: MemoryStore,
    public mix: Mix,
  ) {
    this.sweep = new MemorySweep(store, GRACE_MS);
    this.bell = new Bell(stage, draws, (fault) => this.strikes(fault));
    this.site = new ToolSite(stage, draws, (fault) => this.strikes(fault));
  }

  get now(): number {
    return this.stage.now;
  }

  keyOf(stepId: string): string {
    return this.store.steps.get(stepId)?.key ?? 'no step';
  }

  /** Whether a fault strikes here; counted. */
  strikes(fault: FaultName): boolean {
    const strikes = this.draws.chance(this.mix[fault]);
    if (strikes) this.struck.set(fault, (this.struck.get(fault) ?? 0) + 1);
    return strikes;
  }

  /**
   * A statement travels, is carried out, and its reply travels back. Either way may be cut: then its process does not
   * know whether it was carried out. It may be carried out after the process has died.
   */
  statement<T>(process: Actor, what: string, carryOut: () => T, reply: (result: T) => void, cut: () => void): void {
    this.stage.soon(undefined, () => {
      if (this.strikes('replyLost') && this.draws.chance(0.5)) {
        this.stage.say('wire', () => `the statement of ${process.name} (${what}) does not arrive`);
        return this.stage.soon(process, cut);
      }
      this.store.now = this.now;
      const result = carryOut();
      if (!this.strikes('replyLost')) return this.stage.soon(process, () => reply(result));
      this.stage.say('wire', () => `the reply to ${process.name} (${what}) is lost`);
      this.stage.soon(process, cut);
    });
  }
}
