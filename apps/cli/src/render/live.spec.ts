import { LiveBlock } from './live';
import { clip, PLAIN, paintFor } from './paint';

function aScreen(columns: number, rows: number) {
  const written: string[] = [];
  return { written, block: new LiveBlock({ columns, rows, write: (text) => void written.push(text) }) };
}

describe('a block that is drawn again', () => {
  it('goes up by as many lines as it drew', () => {
    const { written, block } = aScreen(80, 24);

    block.draw(['one', 'two']);
    block.draw(['three']);

    expect(written[1]).toBe('\u001b[2A\r\u001b[Jthree\n');
  });

  it('draws no more lines and columns than the screen has, so that it always finds its start again', () => {
    const { written, block } = aScreen(5, 4);

    block.draw(['1234567', '2', '3', '4', '5']);

    expect(written[0]).toContain('1234…\n2\n… 3 …\n');
  });

  it('gives the cursor back at the end, once', () => {
    const { written, block } = aScreen(80, 24);

    block.draw(['x']);
    block.end();
    block.end();

    expect(written.filter((text) => text.includes('\u001b[?25h'))).toHaveLength(1);
  });
});

describe('a text that is cut', () => {
  it('counts what is seen, and keeps colour codes whole', () => {
    expect(clip('\u001b[31mabcdef\u001b[39m', 4)).toBe('\u001b[31mabc\u001b[39m…');
  });
});

describe('colours', () => {
  it('are for terminals whose owner has not said no', () => {
    expect(paintFor(false, {})).toBe(PLAIN);
    expect(paintFor(true, { NO_COLOR: '1' })).toBe(PLAIN);
    expect(paintFor(true, {}).bad('x')).not.toBe('x');
  });
});
