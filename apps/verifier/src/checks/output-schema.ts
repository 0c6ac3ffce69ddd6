import { compileSchema, type JsonObject, type JsonValue } from '@muster/domain';
import { failed, type Finding, passed } from './finding';

/** Does the output match the contract's schema, whatever the executor reported? */
export function checkOutputSchema(schema: JsonObject, output: JsonValue): Finding {
  const problems = compileSchema(schema)(output);
  if (problems === null) return passed('output-schema', 'The output matches the contract’s schema.');
  return failed('output-schema', 'output_invalid', `The output does not match the contract’s schema: ${problems.join('; ')}`);
}
