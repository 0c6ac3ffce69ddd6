import { type Paint, padTo, widthOf } from './paint';

export interface Column<T> {
  readonly title: string;
  readonly of: (row: T) => string;
  readonly align?: 'left' | 'right';
}

/** Aligned columns with two spaces between them; a column nobody fills is left out. */
export function table<T>(rows: readonly T[], columns: readonly Column<T>[], paint: Paint): string[] {
  const cells = rows.map((row) => columns.map((column) => column.of(row)));
  const used = columns.map((_, at) => at).filter((at) => cells.some((row) => row[at] !== ''));
  const widths = columns.map((column, at) => Math.max(widthOf(column.title), ...cells.map((row) => widthOf(row[at]!))));
  const line = (texts: readonly string[]) =>
    used
      .map((at) => (columns[at]!.align === 'right' ? padLeft(texts[at]!, widths[at]!) : padTo(texts[at]!, widths[at]!)))
      .join('  ')
      .trimEnd();
  return [paint.quiet(line(columns.map((column) => column.title))), ...cells.map(line)];
}

const padLeft = (text: string, width: number): string => ' '.repeat(Math.max(0, width - widthOf(text))) + text;

/** `name  value` lines with the values under each other; empty values are left out. */
export function pairs(entries: readonly (readonly [string, string | undefined])[], paint: Paint): string[] {
  const filled = entries.filter((entry): entry is readonly [string, string] => Boolean(entry[1]));
  const width = Math.max(0, ...filled.map(([name]) => name.length));
  return filled.map(([name, value]) => `${paint.quiet(padTo(name, width))}  ${value}`);
}
