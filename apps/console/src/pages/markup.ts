/** Text that is safe to send to a browser as it stands. Only `html` makes it. */
export class Markup {
  constructor(readonly text: string) {}
}

export type Shown = Markup | string | number | null | undefined | false | readonly Shown[];

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (mark) => ESCAPES[mark] ?? mark);

/**
 * A template in which every value is escaped unless it is itself the work of `html`, so that forgetting is harmless:
 * labels, step keys and answers of tools were written by strangers. Nothing, `false` and empty lists show as nothing.
 */
export function html(parts: TemplateStringsArray, ...values: readonly Shown[]): Markup {
  return new Markup(parts.reduce((text, part, index) => text + show(values[index - 1]) + part));
}

function show(value: Shown): string {
  if (value instanceof Markup) return value.text;
  if (Array.isArray(value)) return value.map(show).join('');
  if (value === null || value === undefined || value === false) return '';
  return escapeHtml(String(value));
}
