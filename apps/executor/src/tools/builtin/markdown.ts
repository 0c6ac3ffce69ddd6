import { isJsonObject, type JsonValue } from '@muster/domain';

/** `{ title, sections: [{ heading?, text?, list?, table?: { columns, rows } }] }`; undefined where it is none. */
export function renderReport(report: JsonValue): string | undefined {
  if (!isJsonObject(report) || typeof report.title !== 'string' || !Array.isArray(report.sections)) return undefined;
  const sections = report.sections.map(renderSection);
  if (!sections.every((section) => section !== undefined)) return undefined;
  return `${[`# ${inline(report.title)}`, ...sections].join('\n\n')}\n`;
}

function renderSection(section: JsonValue): string | undefined {
  if (!isJsonObject(section)) return undefined;
  const { heading, text, list, table } = section;
  const blocks: (string | undefined)[] = [];
  if (heading !== undefined) blocks.push(`## ${inline(heading)}`);
  if (text !== undefined) blocks.push(typeof text === 'string' ? text.trim() : inline(text));
  if (list !== undefined)
    blocks.push(Array.isArray(list) ? list.map((item) => `- ${inline(item)}`).join('\n') : undefined);
  if (table !== undefined) blocks.push(renderTable(table));
  return blocks.every((block) => block !== undefined) ? blocks.join('\n\n') : undefined;
}

function renderTable(table: JsonValue): string | undefined {
  if (!isJsonObject(table) || !Array.isArray(table.columns) || !Array.isArray(table.rows)) return undefined;
  const { columns, rows } = table;
  const width = columns.length;
  if (!rows.every((cells): cells is JsonValue[] => Array.isArray(cells) && cells.length === width)) return undefined;
  return [row(columns), `|${' --- |'.repeat(width)}`, ...rows.map(row)].join('\n');
}

const row = (cells: readonly JsonValue[]): string =>
  `| ${cells.map((cell) => inline(cell).replaceAll('|', '\\|')).join(' | ')} |`;

/** One line, whatever it was: a value with newlines could end its heading or cell and begin something of its own. */
const inline = (value: JsonValue): string =>
  (typeof value === 'string' ? value : JSON.stringify(value))
    .replace(/\s+/g, ' ')
    .replace(/[\\`*_<>[\]]/g, '\\$&')
    .trim();
