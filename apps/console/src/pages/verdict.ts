import { isJsonObject, type JsonValue } from '@muster/domain';
import { storedJson } from '../readers/stored-json';
import { html, type Markup } from './markup';
import { dot } from './parts';

/** The findings of a verdict, one a line: what was checked and what came of it. */
export function findings(stored: string): Markup {
  const all = storedJson(stored);
  if (!Array.isArray(all) || all.length === 0) return html``;
  return html`<ul class="findings">${all.filter(isJsonObject).map((one) => html`<li>${dot(colour(one.passed, one.inconclusive))}<b>${text(one.check)}</b> ${text(one.message)}</li>`)}</ul>`;
}

const colour = (passed: JsonValue | undefined, inconclusive: JsonValue | undefined): string =>
  inconclusive === true ? 'inconclusive' : passed === true ? 'passed' : 'refuted';

const text = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '');
