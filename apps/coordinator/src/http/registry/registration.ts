import { type ShapeClass, shapeProblems, UNKNOWN_FIELD } from '@muster/contracts';
import type { JsonObject, Problem } from '@muster/domain';
import { HttpProblem } from '../problems/problem';

/** Everything wrong with a contract that is to be registered under a name: its shape, its name, then its rules. */
export function registrationProblems(
  shape: ShapeClass,
  name: string,
  body: JsonObject,
  rules: () => readonly Problem[],
): Problem[] {
  const problems = [...shapeProblems(shape, body)];
  if (typeof body.name === 'string' && body.name !== name) {
    const message = `The contract is named '${body.name.slice(0, 128)}', its address '${name.slice(0, 128)}'.`;
    problems.push({ pointer: '/name', code: 'other_name', message });
  }
  // The rules can be asked only of what has its shape, unknown fields aside.
  const isReadable = problems.every(({ code }) => code === UNKNOWN_FIELD || code === 'other_name');
  return isReadable ? [...problems, ...rules()] : problems;
}

export function versionInUse(name: string, version: string): HttpProblem {
  const message = `Version '${version}' of '${name}' is in use and stands for another contract.`;
  return new HttpProblem(409, 'version_in_use', `${message} Register the changed one under a new version.`, {
    errors: [{ pointer: '/version', code: 'version_in_use', message }],
  });
}
