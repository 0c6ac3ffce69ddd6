import type { WriteStream } from 'node:tty';
import type { Progress, RunReport } from './run';

const FINDINGS_SHOWN = 10;
/** Where nobody watches, a line now and then is enough. */
const PLAIN_LINE_MS = 10_000;

/** One line that says how far a run has come, written over itself on a terminal. */
export class ProgressLine {
  private readonly began = performance.now();
  private lastShown = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly out: Pick<WriteStream, 'write' | 'isTTY'>,
    private readonly name: string,
    private readonly wanted: { readonly effects: number; readonly faults: number },
  ) {}

  show({ phase, effects, faults, openTasks }: Progress): void {
    const now = performance.now();
    if (!this.out.isTTY && now - this.lastShown < PLAIN_LINE_MS) return;
    this.lastShown = now;
    const part = Math.min(100, Math.floor((100 * effects) / Math.max(1, this.wanted.effects)));
    this.write(
      `${phase.padEnd(10)} ${part} %  ${effects} effects, ${faults} of ${this.wanted.faults} faults, ${openTasks} tasks open`,
    );
  }

  end(text: string): void {
    this.write(text);
    if (this.out.isTTY) this.out.write('\n');
  }

  private write(text: string): void {
    const seconds = ((performance.now() - this.began) / 1_000).toFixed(0).padStart(4);
    const line = `${this.name}  ${seconds} s  ${text}`;
    this.out.write(this.out.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
  }
}

/** What a run came to, in a line; and below it what was found, the first of it. */
export function describeReport({ figures, findings, breaches, faults, seconds }: RunReport): string {
  const rate = (figures.effects / seconds).toFixed(0);
  const found = [
    ...findings.map(({ rule, subject, says }) => `${rule}: ${subject}: ${says}`),
    ...breaches.map(({ invariant, rows }) => `invariant ${invariant}: ${JSON.stringify(rows[0])}`),
  ];
  const first = found.slice(0, FINDINGS_SHOWN).map((line) => `\n  ${line}`);
  const word = found.length === 0 ? 'held' : `${found.length} FOUND`;
  return `${word}: ${figures.effects} effects, ${faults.killsInAll} kills, ${rate} effects/s${first.join('')}`;
}

/** All runs in a table, and what they came to together. */
export function showTable(reports: readonly RunReport[]): string {
  const rows = reports.map((report) => COLUMNS.map(({ of }) => String(of(report))));
  const totals = COLUMNS.map(({ of }, index) => {
    if (index === 0) return 'all';
    return String(reports.reduce((sum, report) => sum + of(report), 0));
  });
  const table = [COLUMNS.map(({ name }) => name), ...rows, ...(reports.length > 1 ? [totals] : [])];
  const widths = COLUMNS.map((_, index) => Math.max(...table.map((row) => row[index]!.length)));
  return table.map((row) => row.map((cell, index) => cell.padStart(widths[index]!)).join('  ')).join('\n');
}

const foundOf = ({ findings }: RunReport, ...rules: readonly string[]): number =>
  findings.filter(({ rule }) => rules.includes(rule)).length;

interface Column {
  readonly name: string;
  of(report: RunReport): number;
}

const COLUMNS: readonly Column[] = [
  { name: 'seed', of: ({ seed }) => seed },
  { name: 'seconds', of: ({ seconds }) => Math.round(seconds) },
  { name: 'tasks', of: ({ figures }) => Object.values(figures.tasks).reduce((sum, count) => sum + count, 0) },
  { name: 'effects', of: ({ figures }) => figures.effects },
  { name: 'resends', of: ({ figures }) => figures.resends },
  { name: 'unknown', of: ({ figures }) => figures.unknownOutcomes },
  { name: 'by person', of: ({ figures }) => figures.personsWords },
  { name: 'kills', of: ({ faults }) => faults.killsInAll },
  { name: 'freezes', of: ({ faults }) => faults.freezes },
  { name: 'wipes', of: ({ faults }) => faults.wipes },
  { name: 'redis', of: ({ faults }) => faults.redisRestarts },
  { name: 'postgres', of: ({ faults }) => faults.postgresRestarts },
  { name: 'cuts', of: ({ faults }) => faults.cuts },
  { name: 'duplicates', of: (report) => foundOf(report, 'duplicate-effect', 'blind-resend', 'sending-sent-twice') },
  {
    name: 'losses',
    of: (report) => foundOf(report, 'lost-submission', 'never-ends', 'lost-effect', 'denied-effect', 'artifact-count'),
  },
  { name: 'phantoms', of: (report) => foundOf(report, 'unknown-operation', 'unintended-sending', 'believed-phantom') },
  { name: 'found', of: ({ findings, breaches }) => findings.length + breaches.length },
];
