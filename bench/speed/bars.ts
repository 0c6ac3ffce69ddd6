import { escaped } from './svg-text';

/** One group of bars: a measure, with a bar for each who was measured. */
export interface BarGroup {
  readonly title: string;
  readonly unit: string;
  /** Said beside the title. */
  readonly note: string;
  readonly bars: readonly Bar[];
}

export interface Bar {
  readonly name: string;
  readonly value: number;
  /** Ours stands out; one that promises less is pale. */
  readonly kind: 'own' | 'peer' | 'pale';
}

const COLUMNS = 2;
const WIDTH = 1_040;
const MARGIN = 32;
const HEAD = 84;
const GAP = 36;
const GROUP_WIDTH = (WIDTH - 2 * MARGIN - GAP) / COLUMNS;
const NAME_WIDTH = 116;
const VALUE_WIDTH = 64;
const BAR = { height: 15, step: 21 };
const TITLE = 26;
const COLOURS: Readonly<Record<Bar['kind'], string>> = { own: '#0072b2', peer: '#8c959f', pale: '#d0d7de' };

export interface BarPicture {
  readonly title: string;
  readonly subtitle: string;
  readonly groups: readonly BarGroup[];
  /** How a value is written. */
  say(value: number): string;
}

/** Groups of bars in two columns, each group with a scale of its own. White under everything, for dark pages. */
export function drawBars({ title, subtitle, groups, say }: BarPicture): string {
  const rowHeight = TITLE + GAP + BAR.step * Math.max(...groups.map(({ bars }) => bars.length), 1);
  const height = HEAD + Math.ceil(groups.length / COLUMNS) * rowHeight;
  const drawn = groups.map((group, index) => {
    const x = MARGIN + (index % COLUMNS) * (GROUP_WIDTH + GAP);
    const y = HEAD + Math.floor(index / COLUMNS) * rowHeight;
    return `<g transform="translate(${x} ${y})">\n${drawGroup(group, say)}\n</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, -apple-system, 'Segoe UI', sans-serif" role="img" aria-label="${escaped(title)}">
<rect width="${WIDTH}" height="${height}" rx="8" fill="#ffffff"/>
<text x="${MARGIN}" y="40" font-size="20" font-weight="600" fill="#1f2328">${escaped(title)}</text>
<text x="${MARGIN}" y="62" font-size="13" fill="#59636e">${escaped(subtitle)}</text>
${drawn.join('\n')}
</svg>
`;
}

function drawGroup({ title, unit, note, bars }: BarGroup, say: BarPicture['say']): string {
  const most = Math.max(...bars.map(({ value }) => value), Number.MIN_VALUE);
  const width = GROUP_WIDTH - NAME_WIDTH - VALUE_WIDTH;
  const drawn = bars.map(({ name, value, kind }, index) => {
    const y = TITLE + index * BAR.step;
    const length = ((width * value) / most).toFixed(1);
    const weight = kind === 'own' ? ' font-weight="600"' : '';
    const middle = y + BAR.height / 2;
    return `<text x="${NAME_WIDTH - 8}" y="${middle}" dy="4" font-size="12"${weight} fill="#1f2328" text-anchor="end">${escaped(name)}</text><rect x="${NAME_WIDTH}" y="${y}" width="${length}" height="${BAR.height}" rx="2" fill="${COLOURS[kind]}"/><text x="${NAME_WIDTH + Number(length) + 6}" y="${middle}" dy="4" font-size="11"${weight} fill="#59636e">${escaped(say(value))}</text>`;
  });
  const heading = `<text y="12" font-size="13" font-weight="600" fill="#1f2328">${escaped(title)}, ${escaped(unit)}<tspan font-weight="400" fill="#59636e" dx="8">${escaped(note)}</tspan></text>`;
  return [heading, ...drawn].join('\n');
}
