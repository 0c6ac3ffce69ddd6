import { Expose, Transform } from 'class-transformer';

/** One environment variable, as `.env.example` and the error messages show it. */
export interface Variable {
  readonly name: string;
  readonly property: string;
  /** What it is for, in a sentence or two. */
  readonly comment: string;
  readonly unit?: string;
  /** As it would be written in the environment; absent where the variable is optional or must be given. */
  readonly fallback?: string;
}

type Kind = 'text' | 'number' | 'list';
type VariableOptions = { readonly as?: Kind; readonly unit?: string; readonly fallback?: string };

const declared: Variable[] = [];

/** Every variable, in the order of their declaration. */
export const variables = (): readonly Variable[] => declared;

/** Declares a property of `Config` as read from the environment variable `name`. */
export function Env(name: string, comment: string, options: VariableOptions = {}): PropertyDecorator {
  const { as = 'text', unit, fallback } = options;
  return (target, property) => {
    declared.push({ name, property: String(property), comment, unit, fallback });
    Expose({ name })(target, property);
    Transform(({ value }) => read(as, value), { toClassOnly: true })(target, property);
  };
}

// A number that is no number stays text, so that the validator can name it.
function read(kind: Kind, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (kind === 'text') return value;
  if (kind === 'number') return value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : value;
  return value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
