import type { JsonObject, JsonValue, ToolContract } from '@muster/domain';
import type { ArtifactWrite } from '@muster/ledger';

/** `refused`: the input means nothing to it, and nothing was done. */
export type BuiltinResult =
  | { readonly kind: 'done'; readonly output: JsonValue; readonly writes?: readonly ArtifactWrite[] }
  | { readonly kind: 'refused'; readonly message: string };

/**
 * An adapter that ships with the executor: a pure function. One that writes artifacts hands them over, and the ledger
 * writes them in the statement that settles its operation: intent, effect and answer cannot come apart.
 */
export interface Builtin {
  /** Its transport names it: `{ type: 'builtin', name }`. */
  readonly contract: ToolContract;
  run(input: JsonObject): BuiltinResult;
}
