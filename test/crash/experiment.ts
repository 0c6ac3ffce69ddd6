import { randomUUID } from 'node:crypto';
import type { Resolution } from '@muster/client';
import type { JsonObject, PlanDocument, ToolContract } from '@muster/domain';
import { BUILTIN_CONTRACTS } from '../../apps/executor/src/tools/builtin/builtins';
import { aPlan, aStep, aTask } from '../support/builders';
import type { EffectSink, SinkEffect } from '../support/sink/effect-sink';
import { until } from '../support/until';
import { type Cell, isAsked, type Scene, sceneOf, serviceOf } from './cells';
import { type Fleet, gateLaneOf } from './fleet';
import type { Gatehouse } from './gatehouse';
import { type Facts, judge } from './judgement';
import type { PlanModel } from './plan-model';

/** Far more than a cell takes: a lost doorbell is rung again after 5 s, and again after 10 more. */
const CELL_MS_MAX = 120_000;
const POLL_MS = 100;
/** A call that reached the tool has had its effect after this, or will have none: `slow` and `late-effect` take less. */
const SETTLED_MS = 400;
/** What was sent may be read late by a tool on a busy machine: nobody says before that it is not there. */
const ABSENT_AFTER_MS = 5_000;
/** How long others may go on with the work of a frozen process before it is thawed. */
const FROZEN_MS_MAX = 1_500;
const CALL_MS_MAX = 1_000;
/** What passes without the cell's work, such as a sweep, may come after its end. */
const STRUCK_MS_MAX = 60_000;
/** Time for the lost one to be given up and to be back. */
const BETWEEN_LOSSES_MS = 5_000;
const ENDS: readonly string[] = ['completed', 'failed', 'cancelled'];

export interface Stage {
  readonly fleet: Fleet;
  readonly sink: EffectSink;
  readonly gates: Gatehouse;
  readonly models: PlanModel;
}

/** A cell that was run. */
export interface Result extends Facts {
  readonly breaches: readonly string[];
  readonly tookMs: number;
}

/** Runs a cell from its submission to its rest, and judges it. Never rejects: what went wrong is a breach. */
export async function runCell(stage: Stage, cell: Cell, lane: string, number: number): Promise<Result> {
  const beganAt = performance.now();
  const experiment = new Experiment(stage, cell, lane, number);
  const fault = await experiment.run().then(
    () => undefined,
    (error: unknown) => String(error),
  );
  const facts = await experiment.facts().finally(() => experiment.leave());
  return {
    ...facts,
    breaches: fault === undefined ? judge(facts) : [`${fault} ${await experiment.rows()}`, ...judge(facts)],
    tookMs: performance.now() - beganAt,
  };
}

interface Row {
  readonly state: string;
  readonly reason: string | null;
  readonly operation_id: string;
  readonly operation_state: string | null;
  /** Since its last sending was known to be over, or was begun. */
  readonly silent_ms: number | null;
}

class Experiment {
  private readonly tool: string;
  private readonly key = randomUUID();
  /** Work at a gate in the step's own lane makes one run with it: then it is claimed as the gate is settled. */
  private readonly gateLane: string;
  private task = '';
  private frozenSince: number | undefined;
  private thawed = false;
  private cancelled = false;
  private lostAt = Number.NEGATIVE_INFINITY;
  private restsSince: number | undefined;
  /** Of a task that was removed: how it ended. */
  private ended: Row | undefined;
  private readonly scene: Scene;

  constructor(
    private readonly stage: Stage,
    private readonly cell: Cell,
    private readonly lane: string,
    number: number,
  ) {
    this.tool = `cell.${number}`;
    // A coordinator rings for a step that is not in the same run.
    const isRungFor = serviceOf(cell.point) === 'coordinator' && cell.point.endsWith('-ring');
    this.gateLane = number % 2 === 0 && !isRungFor ? lane : gateLaneOf(lane);
    this.scene = sceneOf(cell.point);
  }

  async run(): Promise<void> {
    await this.prepare();
    await this.begin();
    if (this.scene === 'prune') return this.retire();
    await until(async () => this.moves(await this.row()), {
      what: `the rest of ${this.task}`,
      deadlineMs: CELL_MS_MAX,
      pollMs: POLL_MS,
    });
  }

  /** Nobody stays frozen behind a cell that did not come to its end. */
  async leave(): Promise<void> {
    this.stage.fleet.disarm(this.cell.point, await this.subject());
  }

  /** The rows of a task that does not come to rest. */
  async rows(): Promise<string> {
    const steps = 'select * from step where task_id = $1 order by plan_index';
    const operations =
      'select id, step_key, state, sending, epoch, worker_id, sent_at, ended_at, code from operation where task_id = $1';
    if (!this.task) return '';
    return JSON.stringify([
      await this.stage.fleet.rows(steps, this.task),
      await this.stage.fleet.rows(operations, this.task),
    ]);
  }

  async facts(): Promise<Facts> {
    const row = this.ended ?? (this.task ? await this.row() : undefined);
    const requests = await this.stage.sink.requestsTo(this.tool);
    return {
      cell: this.cell,
      isStruck: (await this.struck()) !== undefined,
      state: row?.state ?? 'not submitted',
      waitsFor: row && row.reason !== null ? [row.reason] : [],
      words: await this.words(),
      letters: await this.letters(),
      rowsLeft: await this.rowsLeft(),
      requests,
      effects: await this.effects(),
    };
  }

  private async prepare(): Promise<void> {
    const { fleet, sink, gates } = this.stage;
    const gate = { ...sink.contract(`gate.${this.gateLane}`, 'none'), lane: this.gateLane, timeoutMs: CELL_MS_MAX };
    await fleet.register({ ...gate, transport: { type: 'http', method: 'POST', url: gates.url } });
    if (this.scene === 'cancel') {
      const transport = { type: 'http', method: 'POST', url: gates.heldUrl } as const;
      await fleet.register({ ...gate, name: `held.${this.gateLane}`, transport });
    }
    await fleet.register(this.contract());
    await sink.behave(this.tool, [this.cell.behaviour]);
  }

  private contract(): ToolContract {
    const { effect, point } = this.cell;
    const strict = { type: 'object', properties: { amount: { type: 'integer' } } };
    const given = { lane: this.lane, timeoutMs: CALL_MS_MAX, ...(this.scene === 'refusal' && { input: strict }) };
    if (effect === 'transactional') {
      const builtin = BUILTIN_CONTRACTS.find(({ name }) => name === 'report.write')!;
      return { ...builtin, ...given, name: this.tool };
    }
    // A tool of any class may have a probe; then what it did is read back.
    const { probe } = this.stage.sink.contract(this.tool, 'probed');
    return this.stage.sink.contract(this.tool, effect as SinkEffect, {
      ...given,
      ...(isAsked(point) && { probe }),
    });
  }

  private async begin(): Promise<void> {
    const { fleet, gates } = this.stage;
    if (this.scene === 'goal') return this.aim();
    const isAtTheDoor = this.scene === 'submission' || this.scene === 'job';
    if (isAtTheDoor) await this.arm();
    const request = aTask(this.plan());
    this.task = await (this.scene === 'job' ? fleet.queue(request, this.key) : fleet.submit(request, this.key));
    const shown = `tsk_${this.task.replaceAll('-', '')}`;
    if (!isAtTheDoor && this.scene !== 'prune') {
      await gates.reachedBy(shown);
      await this.arm();
    }
    if (this.scene === 'letter') await fleet.queueUnsigned(request, this.key);
    gates.open(shown);
  }

  /** The task ends, long ago, and an operator has it removed; whoever was struck at that comes back. */
  private async retire(): Promise<void> {
    const { fleet } = this.stage;
    const isAtRest = async () => ENDS.includes((await this.row()).state);
    await until(isAtRest, { what: `the end of ${this.task}`, deadlineMs: CELL_MS_MAX, pollMs: POLL_MS });
    this.ended = await this.row();
    await fleet.age(this.task);
    await this.arm();
    const isRemoved = async (): Promise<boolean> => {
      await fleet.prune();
      const pid = await this.struck();
      return pid !== undefined && (await this.isPast(pid, true)) && (await this.rowsLeft()) === 0;
    };
    await until(isRemoved, { what: `the removal of ${this.task}`, deadlineMs: CELL_MS_MAX, pollMs: POLL_MS });
  }

  /** The model waits with its first answer until somebody is to be struck, and refuses: that strikes at the next call. */
  private async aim(): Promise<void> {
    const { fleet, models } = this.stage;
    const plan = aPlan(aStep(this.tool, { id: 'step', input: this.input(), check: 'output != null' }));
    const asked = models.expect(this.tool, plan);
    this.task = await fleet.submit({ goal: this.tool, grants: [this.tool] }, this.key);
    await asked;
    await this.arm();
    models.open(this.tool);
  }

  private plan(): PlanDocument {
    const gate = aStep(`gate.${this.gateLane}`, { id: 'gate' });
    const step = aStep(this.tool, { id: 'step', needs: ['gate'], input: this.input(), check: 'output != null' });
    return this.scene === 'cancel' ? aPlan(gate, step, aStep(`held.${this.gateLane}`)) : aPlan(gate, step);
  }

  private input(): JsonObject {
    // Known to be no integer only when the gate has answered.
    if (this.scene === 'refusal') return { amount: '${{ steps.gate.output.id }}' };
    return this.cell.effect === 'transactional' ? { name: 'cell.md', content: this.tool } : { amount: 7 };
  }

  private async arm(): Promise<void> {
    this.stage.fleet.arm(this.cell.point, await this.subject(), this.cell.signal);
  }

  /** For whom the point is passed: the job or the submission, the task where it is stored, or the step. */
  private async subject(): Promise<string> {
    const { point } = this.cell;
    if (this.scene === 'submission' || this.scene === 'job' || this.scene === 'letter') return this.key;
    const isStored = serviceOf(point) === 'coordinator' && !/-(ring|ack)$/.test(point);
    if (this.task === '' || isStored) return this.task;
    const [step] = await this.stage.fleet.rows<{ id: string }>(
      'select id from step where task_id = $1 and key = $2',
      this.task,
      this.scene === 'goal' ? 'plan/1' : 'step',
    );
    return step?.id ?? '';
  }

  private async struck(): Promise<number | undefined> {
    const subject = await this.subject();
    return subject === '' ? undefined : this.stage.fleet.struckAt(this.cell.point, subject);
  }

  private async row(): Promise<Row> {
    const [row] = await this.stage.fleet.rows<Row>(
      `select t.state, o.id as operation_id, o.state as operation_state,
        extract(epoch from clock_timestamp() - coalesce(o.ended_at, o.sent_at))::float8 * 1000 as silent_ms,
        case when s.state = 'parked' then coalesce(s.condition::json ->> 'reason', '') end as reason
      from task t left join step s on s.task_id = t.id and s.key = 'step' left join operation o on o.id = s.operation_id
      where t.id = $1`,
      this.task,
    );
    if (!row) throw new Error(`The task ${this.task} is lost.`);
    return row;
  }

  /** Does what the cell and its person have to do now; true when nothing is left to do. */
  private async moves(row: Row): Promise<boolean> {
    const pid = await this.struck();
    const isAtRest = ENDS.includes(row.state);
    if (pid !== undefined && !(await this.isPast(pid, isAtRest || row.reason !== null))) return false;
    if (this.scene === 'cancel' && !this.cancelled) return this.cancel();
    const isDone = row.reason !== null && this.scene !== 'cancel' ? await this.say(row) : isAtRest;
    if (pid === undefined) return this.isMissed(isDone);
    return isDone && (this.scene !== 'letter' || (await this.letters()) > 0);
  }

  /** Whether the struck process has come back, as another one or thawed. */
  private async isPast(pid: number, isWorkDone: boolean): Promise<boolean> {
    return this.cell.signal === 'stop' ? this.isThawed(pid, isWorkDone) : this.stage.fleet.hasEnded(pid);
  }

  /** Nobody was struck although everything is done, and has been for long. */
  private async isMissed(isDone: boolean): Promise<boolean> {
    if (this.cell.point === 'coordinator.after-give-up') this.loseSomebody();
    if (!isDone) return false;
    this.restsSince ??= performance.now();
    return performance.now() - this.restsSince > STRUCK_MS_MAX;
  }

  private loseSomebody(): void {
    const now = performance.now();
    if (now - this.lostAt < BETWEEN_LOSSES_MS) return;
    this.lostAt = now;
    this.stage.fleet.loseBystander();
  }

  /** Cancels the task when its call has begun. */
  private async cancel(): Promise<false> {
    const isInTables = this.cell.effect === 'transactional';
    const begun = isInTables ? await this.effects() : (await this.stage.sink.requestsTo(this.tool)).length;
    if (begun === 0) return false;
    await this.stage.fleet.cancel(this.task);
    this.cancelled = true;
    return false;
  }

  /** A frozen process stays so until it was given up, and its work was taken over or has had time for it. */
  private async isThawed(pid: number, isWorkDone: boolean): Promise<boolean> {
    const workers = await this.stage.fleet.rows<{ state: string; gone: boolean }>(
      'select state, given_up_at is not null as gone from worker where pid = $1 order by started_at desc',
      pid,
    );
    if (this.thawed) {
      // Another cell may have struck it meanwhile.
      if (workers[0]?.state === 'ready' || this.stage.fleet.hasEnded(pid)) return true;
      this.stage.fleet.thaw(this.cell.point, await this.subject());
      return false;
    }
    if (!workers[0]?.gone) return false;
    this.frozenSince ??= performance.now();
    if (!isWorkDone && performance.now() - this.frozenSince < FROZEN_MS_MAX) return false;
    this.stage.fleet.thaw(this.cell.point, await this.subject());
    this.thawed = true;
    return false;
  }

  /** A person looks at what the tool has done, and says so. True where nobody can say anything more. */
  private async say(row: Row): Promise<boolean> {
    if (row.operation_state !== 'unknown') return false;
    const requests = await this.stage.sink.requestsTo(this.tool);
    if (Date.now() - Math.max(0, ...requests.map(({ at }) => at)) < SETTLED_MS) return false;
    const happened = (await this.effects()) > 0;
    if (!happened && (row.silent_ms ?? 0) < ABSENT_AFTER_MS) return false;
    const evidence = { statement: `${requests.length} requests` };
    const word: Resolution = happened
      ? { outcome: 'happened', output: { id: 'r' }, evidence, reason: 'It is in the log.' }
      : { outcome: 'absent', evidence, reason: 'It is not in the log.' };
    await this.stage.fleet.resolve(row.operation_id, word);
    return false;
  }

  // Not counted where they are said: the answer to a word may be lost with the coordinator that took it.
  private async words(): Promise<Facts['words']> {
    if (!this.task) return [];
    const rows = await this.stage.fleet.rows<{ finding: 'happened' | 'absent' }>(
      "select finding from evidence where task_id = $1 and kind = 'resolution' order by began_at",
      this.task,
    );
    return rows.map(({ finding }) => finding);
  }

  /** What became of the job that nobody signed. */
  private async letters(): Promise<number> {
    if (this.scene !== 'letter') return 0;
    return (await this.stage.fleet.rows('select from intake_refusal where job_id = $1', this.key)).length;
  }

  /** What is left of a task that was to be removed. */
  private async rowsLeft(): Promise<number> {
    if (this.scene !== 'prune' || !this.task) return 0;
    const tables = ['task_plan', 'step', 'operation', 'sending', 'event', 'evidence', 'verdict', 'refusal'];
    const counts = tables.map((table) => `(select count(*) from ${table} where task_id = $1)`).join(' + ');
    const text = `select (${counts} + (select count(*) from task where id = $1))::int as n`;
    return (await this.stage.fleet.rows<{ n: number }>(text, this.task))[0]!.n;
  }

  private async effects(): Promise<number> {
    if (this.cell.effect !== 'transactional') return (await this.stage.sink.effectsOf(this.tool)).length;
    if (!this.task) return 0;
    const links = 'select from artifact_link where task_id = $1';
    return (await this.stage.fleet.rows(links, this.task)).length;
  }
}
