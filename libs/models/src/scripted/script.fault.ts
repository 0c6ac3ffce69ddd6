import { Fault } from '@muster/domain';

/** The file of a scripted model says nothing usable; the message lists every problem at once. */
export class ScriptInvalid extends Fault {
  readonly code = 'SCRIPT_INVALID';
  readonly retryable = false;
  constructor(file: string, problems: readonly string[]) {
    super(
      `The script ${file} cannot be used:\n${problems.map((line) => `  - ${line}`).join('\n')}\n`,
      'docs/models.md says what stands in a script.',
    );
  }
}
