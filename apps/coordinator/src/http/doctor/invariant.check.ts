import { Config } from '@muster/chassis';
import type { InvariantFindingView } from '@muster/contracts';
import { type Breach, Database, HISTORY_CHECK, INVARIANTS, runInvariants } from '@muster/persistence';
import { Injectable } from '@nestjs/common';
import { remedyOf } from './remedy';

/** No new question is asked after this: on large tables a look must not become a load. */
const CHECK_MS_MAX = 15_000;
/** The newest tasks, whose history is chained and folded again. */
const HISTORIES_MAX = 200;
const ROWS_SHOWN = 5;
const QUERY_CANCELED = '57014';

/** Asks every invariant of the tables, within a time. Several callers at once share one run. */
@Injectable()
export class InvariantCheck {
  private running: Promise<InvariantFindingView[]> | undefined;

  constructor(
    private readonly database: Database,
    private readonly config: Config,
  ) {}

  run(): Promise<InvariantFindingView[]> {
    this.running ??= this.ask().finally(() => {
      this.running = undefined;
    });
    return this.running;
  }

  private async ask(): Promise<InvariantFindingView[]> {
    const { leaseTtlMs, sweepMs } = this.config;
    const unanswered = new Set<string>();
    const breaches = await runInvariants(this.withinTime(unanswered), {
      mendWithinMs: leaseTtlMs + 2 * sweepMs,
      historiesMax: HISTORIES_MAX,
    });
    return findingsOf(breaches, unanswered);
  }

  private withinTime(unanswered: Set<string>) {
    const end = performance.now() + CHECK_MS_MAX;
    return {
      query: async (text: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }> => {
        try {
          if (performance.now() < end) return await this.database.pool.query(text, values);
        } catch (error) {
          if ((error as { code?: string }).code !== QUERY_CANCELED) throw error;
        }
        // What is no invariant's query belongs to the histories.
        const { name } = INVARIANTS.find(({ sql }) => text.includes(sql)) ?? HISTORY_CHECK;
        unanswered.add(name);
        return { rows: [] };
      },
    };
  }
}

/** One for every invariant, in their order, and the check of the histories behind them. */
function findingsOf(breaches: readonly Breach[], unanswered: ReadonlySet<string>): InvariantFindingView[] {
  const broken = new Map(breaches.map((breach) => [breach.invariant, breach.rows]));
  return [...INVARIANTS, HISTORY_CHECK].map(({ name, promise }) => {
    const rows = broken.get(name) ?? [];
    const remedy = remedyOf(
      name,
      INVARIANTS.find((invariant) => invariant.name === name),
    );
    return {
      name,
      promise,
      checked: !unanswered.has(name),
      breaches: rows.length,
      ...(rows.length > 0 && { rows: rows.slice(0, ROWS_SHOWN), remedy }),
    };
  });
}
