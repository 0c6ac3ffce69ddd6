import { escaped } from '../svg-text';
import { type Flame, sharesOf } from './flame';
import type { FrameKind } from './frames';

export interface FlamePicture {
  readonly title: string;
  readonly subtitle: string;
  readonly flame: Flame;
}

const WIDTH = 1_200;
const MARGIN = 28;
const ROW = 19;
const HEAD = 108;
const FOOT = 42;
const LETTER = 6.9;
/** What is narrower cannot be read, and is left blank. */
const SHARE_MIN = 0.004;
const LEVELS_MAX = 26;
/** Of a name that is cut. */
const LETTERS_MIN = 5;
const SHARES_SHOWN = 9;
const COLOURS: Readonly<Record<FrameKind, string>> = {
  own: '#a9cbe8',
  package: '#efdcb5',
  node: '#dfe3e8',
  gc: '#e6b8b2',
};
const KINDS: readonly (readonly [FrameKind, string])[] = [
  ['own', 'Muster: area/function'],
  ['package', 'a package'],
  ['node', 'Node and native code'],
  ['gc', 'garbage collection'],
];

interface Box {
  readonly flame: Flame;
  readonly x: number;
  readonly width: number;
  readonly level: number;
}

/** Called frames stand on their callers, as wide as their time, the widest first. White under it, for dark pages. */
export function drawFlame({ title, subtitle, flame }: FlamePicture): string {
  const boxes = boxesOf(flame);
  const levels = Math.max(...boxes.map(({ level }) => level), 0) + 1;
  const height = HEAD + levels * ROW + FOOT;
  const bottom = height - FOOT - ROW;
  const shares = sharesOf(flame).slice(0, SHARES_SHOWN);
  const said = shares.map(([name, share]) => `${name} ${percent(share)}`).join('  ·  ');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, -apple-system, 'Segoe UI', sans-serif" role="img" aria-label="${escaped(title)}">
<rect width="${WIDTH}" height="${height}" rx="8" fill="#ffffff"/>
<text x="${MARGIN}" y="38" font-size="20" font-weight="600" fill="#1f2328">${escaped(title)}</text>
<text x="${MARGIN}" y="60" font-size="13" fill="#59636e">${escaped(subtitle)}</text>
<text x="${MARGIN}" y="84" font-size="13" fill="#1f2328" xml:space="preserve">${escaped(said)}</text>
<g font-size="11" fill="#1f2328">
${boxes.map((box) => drawBox(box, bottom - box.level * ROW, flame.us)).join('\n')}
</g>
${legend(height - 18)}
</svg>
`;
}

/** The flame itself is level 0. */
function boxesOf(flame: Flame): Box[] {
  const boxes: Box[] = [];
  const scale = (WIDTH - 2 * MARGIN) / flame.us;
  const place = (one: Flame, x: number, level: number): void => {
    if (one.us < flame.us * SHARE_MIN || level > LEVELS_MAX) return;
    boxes.push({ flame: one, x, width: one.us * scale, level });
    let at = x;
    for (const child of [...one.children.values()].toSorted((a, b) => b.us - a.us)) {
      place(child, at, level + 1);
      at += child.us * scale;
    }
  };
  place(flame, MARGIN, 0);
  return boxes;
}

function drawBox({ flame, x, width, level }: Box, y: number, allUs: number): string {
  const fill = level === 0 ? '#f2f4f6' : COLOURS[flame.kind];
  const told = `${flame.name}: ${percent(flame.us / allUs)}, ${(flame.us / 1_000).toFixed(0)} ms`;
  const rect = `<rect x="${x.toFixed(1)}" y="${y}" width="${Math.max(width - 1, 0.5).toFixed(1)}" height="${ROW - 1}" rx="2" fill="${fill}"><title>${escaped(told)}</title></rect>`;
  const text = fitting(flame.name, width);
  return text
    ? `${rect}<text x="${(x + 4).toFixed(1)}" y="${y + 13}" pointer-events="none">${escaped(text)}</text>`
    : rect;
}

/** As much of a name as there is room for, rather of the function than of its area; none where that would say nothing. */
function fitting(name: string, width: number): string {
  const letters = Math.floor((width - 6) / LETTER);
  const inner = name.slice(name.startsWith('@') ? 0 : name.indexOf('/') + 1);
  const text = name.length <= letters ? name : inner;
  if (text.length <= letters) return text;
  return letters < LETTERS_MIN ? '' : `${text.slice(0, letters - 1)}…`;
}

function legend(y: number): string {
  const drawn = KINDS.map(([kind, says], index) => {
    const x = MARGIN + index * 190;
    return `<rect x="${x}" y="${y - 10}" width="12" height="12" rx="2" fill="${COLOURS[kind]}"/><text x="${x + 18}" y="${y}">${says}</text>`;
  });
  return `<g font-size="12" fill="#59636e">${drawn.join('')}</g>`;
}

const percent = (share: number): string => `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)} %`;
