import { LiveBlock } from './render/live';
import { type Paint, paintFor } from './render/paint';

/** Where a command writes: results to `out`, everything a script must not parse to `err`. */
export interface Terminal {
  out(lines: string | readonly string[]): void;
  err(lines: string | readonly string[]): void;
  readonly paint: Paint;
  readonly paintErr: Paint;
  /** A block that can be drawn again in place; undefined where the output is no terminal. */
  liveBlock(): LiveBlock | undefined;
}

/** Everything a command knows of the world around it. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly terminal: Terminal;
  /** How this person runs `muster`, for hints that can be typed as they stand. */
  readonly programName: string;
  /** Aborted on Ctrl-C and on SIGTERM. */
  readonly interrupted: AbortSignal;
}

const text = (lines: string | readonly string[]): string => `${typeof lines === 'string' ? lines : lines.join('\n')}\n`;

export function terminalOf(out: NodeJS.WriteStream, err: NodeJS.WriteStream, env: NodeJS.ProcessEnv): Terminal {
  return {
    out: (lines) => void out.write(text(lines)),
    err: (lines) => void err.write(text(lines)),
    paint: paintFor(Boolean(out.isTTY), env),
    paintErr: paintFor(Boolean(err.isTTY), env),
    liveBlock: () => (out.isTTY && env.TERM !== 'dumb' ? new LiveBlock(screenOf(out)) : undefined),
  };
}

// A terminal that does not know its size says nothing, or 0.
const screenOf = (out: NodeJS.WriteStream) => ({
  write: (raw: string) => void out.write(raw),
  get columns() {
    return out.columns || 100;
  },
  get rows() {
    return out.rows || 40;
  },
});
