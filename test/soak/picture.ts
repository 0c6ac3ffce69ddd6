/** One line of a panel. */
export interface Curve {
  readonly name: string;
  readonly values: readonly number[];
}

export interface Panel {
  readonly title: string;
  /** Behind the figures of the axis. */
  readonly unit: string;
  readonly curves: readonly Curve[];
}

export interface Picture {
  readonly title: string;
  readonly subtitle: string;
  /** The moments of all values, in seconds. */
  readonly seconds: readonly number[];
  readonly panels: readonly Panel[];
}

const COLUMNS = 2;
const WIDTH = 1_040;
const MARGIN = 32;
const HEAD = 84;
const GAP = 36;
const PANEL = { width: (WIDTH - 2 * MARGIN - GAP) / COLUMNS, height: 210 };
/** Inside a panel, around its curves. */
const PLOT = { left: 56, right: 96, top: 34, bottom: 28 };
const TICKS = 4;
/** Told apart by those who see colours differently, too (Okabe and Ito). */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#8a6d00'];
const LABEL_GAP = 13;
const POINTS_MAX = 400;

/** Small panels over one time axis. White under everything, so that a dark page shows it as it is. */
export function drawPicture({ title, subtitle, seconds, panels }: Picture): string {
  const rows = Math.ceil(panels.length / COLUMNS);
  const height = HEAD + rows * (PANEL.height + GAP) + 4;
  const drawn = panels.map((panel, index) => drawPanel(panel, seconds, placeOf(index)));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, -apple-system, 'Segoe UI', sans-serif" role="img" aria-label="${escaped(title)}">
<rect width="${WIDTH}" height="${height}" rx="8" fill="#ffffff"/>
<text x="${MARGIN}" y="40" font-size="20" font-weight="600" fill="#1f2328">${escaped(title)}</text>
<text x="${MARGIN}" y="62" font-size="13" fill="#59636e">${escaped(subtitle)}</text>
${drawn.join('\n')}
</svg>
`;
}

const placeOf = (index: number): { x: number; y: number } => ({
  x: MARGIN + (index % COLUMNS) * (PANEL.width + GAP),
  y: HEAD + Math.floor(index / COLUMNS) * (PANEL.height + GAP),
});

function drawPanel(
  { title, unit, curves }: Panel,
  seconds: readonly number[],
  { x, y }: { x: number; y: number },
): string {
  const top = niceCeiling(Math.max(...curves.flatMap(({ values }) => values), 0));
  const scale = scaleOf(seconds, top);
  const lines = curves.map(({ values }, index) => drawCurve(values, seconds, scale, COLOURS[index % COLOURS.length]!));
  return `<g transform="translate(${x} ${y})">
<text y="12" font-size="13" font-weight="600" fill="#1f2328">${escaped(title)}</text>
${gridOf(top, unit, scale)}
${timesOf(seconds, scale)}
${lines.join('\n')}
${labelsOf(curves, scale)}
</g>`;
}

interface Scale {
  x(second: number): number;
  y(value: number): number;
}

function scaleOf(seconds: readonly number[], top: number): Scale {
  const [first = 0, last = 1] = [seconds[0], seconds.at(-1)];
  const width = PANEL.width - PLOT.left - PLOT.right;
  const height = PANEL.height - PLOT.top - PLOT.bottom;
  return {
    x: (second) => PLOT.left + ((second - first) / Math.max(1, last - first)) * width,
    y: (value) => PLOT.top + height - (value / top) * height,
  };
}

function gridOf(top: number, unit: string, { y }: Scale): string {
  const right = PANEL.width - PLOT.right;
  return Array.from({ length: TICKS + 1 }, (_, index) => {
    const value = (top * index) / TICKS;
    const at = y(value).toFixed(1);
    const text = `${short(value)}${index === TICKS && unit ? ` ${unit}` : ''}`;
    return `<line x1="${PLOT.left}" y1="${at}" x2="${right}" y2="${at}" stroke="${index === 0 ? '#8c959f' : '#e6e9ec'}"/><text x="${PLOT.left - 8}" y="${at}" dy="4" font-size="11" fill="#59636e" text-anchor="end">${escaped(text)}</text>`;
  }).join('\n');
}

function timesOf(seconds: readonly number[], { x }: Scale): string {
  const [first = 0, last = 0] = [seconds[0], seconds.at(-1)];
  const at = PANEL.height - PLOT.bottom + 18;
  return [0, 0.5, 1]
    .map((share) => first + share * (last - first))
    .map((second, index) => {
      const anchor = ['start', 'middle', 'end'][index];
      return `<text x="${x(second).toFixed(1)}" y="${at}" font-size="11" fill="#59636e" text-anchor="${anchor}">${((second - first) / 60).toFixed(1)} min</text>`;
    })
    .join('');
}

function drawCurve(values: readonly number[], seconds: readonly number[], { x, y }: Scale, colour: string): string {
  const every = Math.ceil(values.length / POINTS_MAX);
  const points = values
    .map((value, index) => `${x(seconds[index]!).toFixed(1)},${y(value).toFixed(1)}`)
    .filter((_, index) => index % every === 0 || index === values.length - 1);
  return `<polyline points="${points.join(' ')}" fill="none" stroke="${colour}" stroke-width="1.6" stroke-linejoin="round"/>`;
}

/** Names stand at the ends of their curves, moved apart where those meet. */
function labelsOf(curves: readonly Curve[], { y }: Scale): string {
  const ends = curves.map(({ name, values }, index) => ({
    name,
    at: y(values.at(-1) ?? 0),
    colour: COLOURS[index % COLOURS.length]!,
  }));
  ends.sort((a, b) => b.at - a.at);
  let below = Number.POSITIVE_INFINITY;
  return ends
    .map((end) => {
      below = Math.min(end.at, below - LABEL_GAP);
      return `<text x="${PANEL.width - PLOT.right + 6}" y="${below.toFixed(1)}" dy="4" font-size="11" fill="${end.colour}">${escaped(end.name)}</text>`;
    })
    .join('');
}

/** The next of 1, 2, 4, 5, 8 times a power of ten, so that quarters of it read well. */
export function niceCeiling(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 5, 8, 10].map((factor) => factor * power).find((nice) => nice >= value) ?? 10 * power;
}

function short(value: number): string {
  if (value >= 1e6) return `${+(value / 1e6).toFixed(1)} M`;
  if (value >= 1e4) return `${+(value / 1e3).toFixed(1)} k`;
  return String(+value.toFixed(value < 10 ? 2 : 0));
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
