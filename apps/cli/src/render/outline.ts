import { type Paint, safe } from './paint';

/**
 * An answer as indented text, whatever it is made of: `explain` and `/health/ready` say in their own fields what they
 * found, and a person should see all of it, also the fields that came after this program was written.
 */
export function outline(value: unknown, paint: Paint, indent = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => bullet(item, paint, indent));
  if (typeof value !== 'object' || value === null) return [`${indent}${scalar(value)}`];
  const entries = Object.entries(value).filter(([, inner]) => !isEmpty(inner));
  const width = Math.max(0, ...entries.filter(([, inner]) => isScalar(inner)).map(([name]) => words(name).length));
  return entries.flatMap(([name, inner]) =>
    isScalar(inner)
      ? [`${indent}${paint.quiet(words(name).padEnd(width))}  ${scalar(inner)}`]
      : [`${indent}${paint.quiet(words(name))}`, ...outline(inner, paint, `${indent}  `)],
  );
}

function bullet(item: unknown, paint: Paint, indent: string): string[] {
  const [first = '', ...rest] = outline(item, paint, '');
  return [`${indent}- ${first}`, ...rest.map((line) => `${indent}  ${line}`)];
}

const isScalar = (value: unknown): boolean => typeof value !== 'object' || value === null;
const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);

function scalar(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return safe(typeof value === 'string' ? value : JSON.stringify(value));
}

/** `whatMovesIt` reads `what moves it`. */
const words = (name: string): string =>
  safe(
    name
      .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
      .replaceAll('_', ' ')
      .toLowerCase(),
  );
