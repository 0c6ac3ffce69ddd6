import {
  compileSchema,
  type JsonObject,
  type JsonValue,
  type ResolvedContract,
  render,
  type Scope,
} from '@muster/domain';

export interface BadInput {
  readonly ok: false;
  readonly code: string;
  readonly message: string;
}
export type RequestBytes = { readonly ok: true; readonly bytes: Buffer } | BadInput;

/** The input that a plan states, with its expressions evaluated. */
export function renderedInput(
  template: JsonObject,
  scope: Scope,
): { readonly ok: true; readonly value: JsonValue } | BadInput {
  const rendered = render(template, scope);
  if (rendered.ok) return { ok: true, value: rendered.value };
  return { ok: false, code: 'expression_error', message: `input${rendered.pointer}: ${rendered.message}` };
}

/** Why a contract does not take this input; undefined where it does. */
export function inputProblem(
  input: JsonValue,
  contract: Pick<ResolvedContract, 'name' | 'input'>,
): BadInput | undefined {
  const problems = compileSchema(contract.input)(input) ?? [];
  if (problems.length === 0) return undefined;
  const message = `The input is not what ${contract.name} takes: ${problems.join('; ')}`;
  return { ok: false, code: 'input_invalid', message };
}
