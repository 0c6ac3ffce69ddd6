import { isToolName } from '../contract-rules';
import type { JsonObject, JsonValue } from '../json';
import { schemaFault, schemaOf } from '../json-schema';
import type { PlanDocument, Problem } from '../plan/plan';

/** A plan template with typed parameters, as users write it (docs/planning.md). Its expressions see the parameters as `input`. */
export interface SkillContract {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  /** JSON Schema of the parameters. */
  readonly parameters: JsonObject;
  readonly plan: PlanDocument;
}

export const skillRef = ({ name, version }: Pick<SkillContract, 'name' | 'version'>): string => `${name}@${version}`;

/** `name` or `name@version`; undefined for anything else. */
export function parseSkillRef(text: string): { readonly name: string; readonly version?: string } | undefined {
  const [name = '', version, ...more] = text.split('@');
  if (!isToolName(name) || more.length > 0 || version === '') return undefined;
  return { name, version };
}

/** What is wrong with a skill beside its plan. */
export function checkSkill({ name, parameters, plan }: SkillContract): Problem[] {
  const problems: Problem[] = [];
  if (!isToolName(name)) problems.push({ pointer: '/name', code: 'bad_name', message: 'A name is as that of a tool.' });
  const fault = schemaFault(parameters);
  if (fault !== undefined) {
    problems.push({ pointer: '/parameters', code: 'bad_schema', message: `Not a JSON Schema (2020-12): ${fault}` });
  }
  if (plan.input !== undefined) {
    const message = "A skill says by its 'parameters' what its plan gets.";
    problems.push({ pointer: '/plan/input', code: 'contradiction', message });
  }
  return problems;
}

/** Where the input of a task is not what its skill takes. */
export function parameterProblems(skill: SkillContract, input: JsonValue | undefined, pointer = '/input'): Problem[] {
  return schemaOf(skill.parameters)
    .violationsOf(input ?? {})
    .map(({ pointer: at, keyword, message }) => ({
      pointer: pointer + at,
      code: keyword === 'required' ? 'required' : 'bad_input',
      message: `'${skillRef(skill)}' takes other parameters: ${message}.`,
    }));
}
