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
  const problems = [...shapeProblems(shape, body), ...otherName(name, body)];
  // The rules can be asked only of what has its shape, unknown fields aside.
  const isReadable = problems.every(({ code }) => code === UNKNOWN_FIELD || code === 'other_name');
  return isReadable ? [...problems, ...rules()] : problems;
}

/** What is registered says its own name, and that is the name of its address. */
export function otherName(name: string, { name: own }: JsonObject): Problem[] {
  if (typeof own !== 'string' || own === name) return [];
  const message = `Its name is '${own.slice(0, 128)}', that of its address '${name.slice(0, 128)}'.`;
  return [{ pointer: '/name', code: 'other_name', message }];
}

export function versionInUse(name: string, version: string): HttpProblem {
  const message = `Version '${version}' of '${name}' is in use and stands for another one.`;
  return new HttpProblem(409, 'version_in_use', `${message} Register the changed one under a new version.`, {
    errors: [{ pointer: '/version', code: 'version_in_use', message }],
  });
}
