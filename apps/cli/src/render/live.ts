import { clip } from './paint';

export interface Screen {
  write(text: string): void;
  readonly columns: number;
  readonly rows: number;
}

const UP_AND_CLEAR = (lines: number): string => (lines > 0 ? `\u001b[${lines}A\r\u001b[J` : '\r\u001b[J');
const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';

/** A block of lines at the end of the terminal that is drawn again in place. What scrolled out cannot be redrawn, so it is cut. */
export class LiveBlock {
  private drawn = 0;
  private started = false;

  constructor(private readonly screen: Screen) {}

  draw(lines: readonly string[]): void {
    const room = Math.max(1, this.screen.rows - 1);
    const cut = lines.length > room ? [...lines.slice(0, room - 1), `… ${lines.length - room + 1} more lines`] : lines;
    const text = cut.map((line) => `${clip(line, this.screen.columns)}\n`).join('');
    this.screen.write(`${this.started ? '' : HIDE_CURSOR}${UP_AND_CLEAR(this.drawn)}${text}`);
    this.started = true;
    this.drawn = cut.length;
  }

  /** Leaves the last drawing where it is and gives the cursor back. */
  end(): void {
    if (this.started) this.screen.write(SHOW_CURSOR);
    this.started = false;
    this.drawn = 0;
  }
}
