/** Rows of text, the first of them the head. `textColumns` stand to the left, figures to the right. */
export interface Table {
  readonly rows: readonly (readonly string[])[];
  readonly textColumns: readonly number[];
}

/** For a terminal. */
export function alignedText({ rows, textColumns }: Table): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const padded = (text: string, column: number): string =>
    textColumns.includes(column) ? text.padEnd(widths[column]!) : text.padStart(widths[column]!);
  return rows.map((row) => row.map(padded).join('  ').trimEnd()).join('\n');
}

/** For a page. */
export function markdown({ rows: [head = [], ...rows], textColumns }: Table): string {
  const rule = head.map((_, column) => (textColumns.includes(column) ? '---' : '--:'));
  return [head, rule, ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/** With as many digits as say something. */
export function shortFigure(value: number): string {
  const size = Math.abs(value);
  if (size >= 1_000) return Math.round(value).toLocaleString('en');
  if (size >= 100) return value.toFixed(0);
  return String(+value.toFixed(size >= 1 ? 1 : 2));
}
