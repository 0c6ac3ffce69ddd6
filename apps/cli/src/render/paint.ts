/** Colours by meaning, so that every view uses the same one for the same thing. */
export interface Paint {
  good(text: string): string;
  bad(text: string): string;
  warn(text: string): string;
  active(text: string): string;
  quiet(text: string): string;
  strong(text: string): string;
}

const plain = (text: string): string => text;
const ansi = (open: number, close: number) => (text: string) => `\u001b[${open}m${text}\u001b[${close}m`;

export const PLAIN: Paint = { good: plain, bad: plain, warn: plain, active: plain, quiet: plain, strong: plain };

const COLOURED: Paint = {
  good: ansi(32, 39),
  bad: ansi(31, 39),
  warn: ansi(33, 39),
  active: ansi(36, 39),
  quiet: ansi(2, 22),
  strong: ansi(1, 22),
};

/** https://no-color.org: any non-empty NO_COLOR means none; otherwise a terminal gets colours. */
export function paintFor(isTerminal: boolean, env: NodeJS.ProcessEnv): Paint {
  if (env.NO_COLOR || env.TERM === 'dumb') return PLAIN;
  return isTerminal || env.FORCE_COLOR ? COLOURED : PLAIN;
}

const ESCAPES = /\u001b\[[0-9;]*m/g;

/** Columns a text takes on a terminal; colour codes take none. */
export const widthOf = (text: string): number => [...text.replace(ESCAPES, '')].length;

export const padTo = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - widthOf(text)));

/** Cuts to `width` columns, with an ellipsis, keeping the colour codes whole. */
export function clip(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let left = Math.max(0, width - 1);
  let kept = '';
  for (const part of text.split(/(\u001b\[[0-9;]*m)/)) {
    if (part.startsWith('\u001b[')) kept += part;
    else {
      const characters = [...part].slice(0, left);
      left -= characters.length;
      kept += characters.join('');
    }
  }
  return `${kept}…`;
}

const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** Text of strangers (a tool's message, a title) for a terminal: without the characters that could move its cursor. */
export const safe = (text: string): string => text.replace(CONTROLS, '\ufffd');
