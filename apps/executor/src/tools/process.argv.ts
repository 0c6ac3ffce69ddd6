import { isAbsolute } from 'node:path';
import { isJsonObject, type JsonValue, type ProcessTransport } from '@muster/domain';
import { readJson, type ToolAnswer } from '@muster/ledger';

type Rejected = Extract<ToolAnswer, { kind: 'rejected' }>;

/** What is run, or why nothing may be. */
export type CommandLine =
  | { readonly kind: 'command'; readonly program: string; readonly args: readonly string[] }
  | Rejected;

const PLACEHOLDER = /\{input\.([A-Za-z_][A-Za-z0-9_-]*)\}/g;

/**
 * Pure. The program has to stand on the operator's list exactly as the contract writes it: `git` on the list allows
 * whatever PATH calls git, `/opt/bin/git` only that file; `git` never allows `/tmp/git`.
 */
export function commandLine(transport: ProcessTransport, allowed: readonly string[], request: Buffer): CommandLine {
  const [program = '', ...templates] = transport.argv;
  const isName = !program.includes('/') && !program.includes('\\');
  if (!allowed.includes(program) || !(isName || isAbsolute(program))) {
    return rejected(
      'program_denied',
      `The program ${JSON.stringify(program)} is not on the operator's list (PROCESS_ALLOW).`,
    );
  }
  const input = readJson(request)?.value;
  const args: string[] = [];
  for (const template of templates) {
    const filled = fill(template, input, args.includes('--'));
    if (typeof filled !== 'string') return filled;
    args.push(filled);
  }
  return { kind: 'command', program, args };
}

/** A placeholder's value can be a path or a name, never an option: nobody granted the caller the program's options. */
function fill(template: string, input: JsonValue | undefined, afterDashes: boolean): string | Rejected {
  let refusal: Rejected | undefined;
  const filled = template.replace(PLACEHOLDER, (_whole, name: string, at: number) => {
    const value = isJsonObject(input) && Object.hasOwn(input, name) ? input[name] : undefined;
    const text = scalarText(value);
    if (text === undefined)
      refusal ??= rejected('input_not_scalar', `The argument {input.${name}} needs a text, number or boolean.`);
    else if (text.includes('\0')) refusal ??= rejected('argument_refused', `{input.${name}} holds U+0000.`);
    else if (at === 0 && text.startsWith('-') && !afterDashes) {
      refusal ??= rejected(
        'argument_refused',
        `{input.${name}} begins with "-", which the program could take for an option.`,
      );
    }
    return text ?? '';
  });
  return refusal ?? (filled.startsWith('-') && !template.startsWith('-') && !afterDashes ? dashed(template) : filled);
}

/** An empty first placeholder lets the second one begin the argument. */
const dashed = (template: string): Rejected =>
  rejected('argument_refused', `${template} becomes an argument that begins with "-".`);

const scalarText = (value: JsonValue | undefined): string | undefined =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;

const rejected = (code: string, message: string): Rejected => ({ kind: 'rejected', code, message });
