import { isJsonObject, type JsonValue } from '@muster/domain';
import { storedJson } from '../readers/stored-json';
import { redact } from './redact';

/** More of a list than this is counted, not named: a plan may have a hundred thousand steps. */
const NAMED_MAX = 8;
const HASH = /^[0-9a-f]{64}$/;

/** What an event says, on a line: `transfer parked, reason outcome_unknown`. Its stored form is in the API. */
export function eventLine(stored: string): string {
  const data = storedJson(stored);
  if (!isJsonObject(data)) return shown(data);
  const { steps, ...others } = redact(data) as Record<string, JsonValue>;
  const moves = isJsonObject(steps) ? listed(Object.entries(steps).map(([key, image]) => moveOf(key, image))) : [];
  return [...moves, ...Object.entries(others).map(([name, value]) => `${words(name)} ${shown(value)}`)].join(', ');
}

/** A step's image in an event is its state and epoch; the first epoch goes without saying. */
function moveOf(key: string, image: JsonValue): string {
  if (!Array.isArray(image)) return `${key} ${shown(image)}`;
  const [state, epoch] = image;
  return epoch ? `${key} ${state} at epoch ${epoch}` : `${key} ${state}`;
}

function shown(value: JsonValue): string {
  if (Array.isArray(value)) return listed(value.map(shown)).join(', ');
  if (typeof value !== 'string') return JSON.stringify(value);
  return HASH.test(value) ? `${value.slice(0, 12)}…` : value;
}

const listed = (names: readonly string[]): string[] =>
  names.length > NAMED_MAX ? [...names.slice(0, NAMED_MAX), `and ${names.length - NAMED_MAX} more`] : [...names];

/** `planHash` reads `plan hash`. */
const words = (name: string): string => name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
