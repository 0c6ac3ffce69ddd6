import { compileSchema, type JsonObject, type JsonValue } from '@muster/domain';
import { type Finding, failed, passed } from './finding';

/** Does the output match the contract's schema, whatever the executor reported? */
export function checkOutputSchema(schema: JsonObject, output: JsonValue | undefined): Finding {
  if (output === undefined) return failed('output-schema', 'output_invalid', 'The recorded answer is no JSON.');
  const problems = compileSchema(schema)(output);
  if (problems === null) return passed('output-schema', 'The output matches the contract’s schema.');
  return failed(
    'output-schema',
    'output_invalid',
    `The output does not match the contract’s schema: ${problems.join('; ')}`,
  );
}
