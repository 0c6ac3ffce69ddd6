import { sha256Hex } from '@muster/domain';
import { MODEL_LIMITS } from './limits';

const HASH_LENGTH = 8;

/** Between a function's names with us, `tickets.create`, and at the providers, which take neither dots nor long names. */
export class FunctionNames {
  private readonly ours: ReadonlyMap<string, string>;

  constructor(names: readonly string[]) {
    this.ours = new Map(names.map((name) => [functionNameOf(name), name]));
  }

  /** The name that was meant; one that nothing was given under stands as the model wrote it. */
  read(theirs: string): string {
    return this.ours.get(theirs) ?? theirs;
  }
}

/**
 * Our names never hold two marks in a row, so `__` and `--` cannot meet one of them. A name that a model made up comes
 * back to it in the next request, and must not make the provider refuse all of it.
 */
export function functionNameOf(name: string): string {
  const theirs = name.replaceAll('.', '__').replaceAll(/[^A-Za-z0-9_-]/g, '_') || '_';
  if (theirs.length <= MODEL_LIMITS.FUNCTION_NAME_LENGTH_MAX) return theirs;
  const kept = MODEL_LIMITS.FUNCTION_NAME_LENGTH_MAX - HASH_LENGTH - 2;
  return `${theirs.slice(0, kept)}--${sha256Hex(name).slice(0, HASH_LENGTH)}`;
}
