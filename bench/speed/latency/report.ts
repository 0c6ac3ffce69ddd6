import type { Origin } from '../origin';
import { markdown, shortFigure, type Table } from '../table';
import type { Latency } from './latency';

export function latencyTable({ submit, event, cancel }: Latency): Table {
  const row = (says: string, { n, p50, p90, p99, max }: Latency['submit']): string[] => [
    says,
    ...[n, p50, p90, p99, max].map(shortFigure),
  ];
  return {
    rows: [
      ['ms', 'n', 'p50', 'p90', 'p99', 'max'],
      row('submission until it is accepted', submit),
      row('event until it is in a live stream', event),
      row("cancel until the tool's connection is closed", cancel),
    ],
    textColumns: [0],
  };
}

/** bench/LATENCY.md */
export const latencyPage = (latency: Latency, origin: Origin): string => `# How long under load

Measured by \`${origin.command}\` at commit \`${origin.commit}\`, ${origin.at}, on ${origin.machine}, at
${latency.rate.toFixed(1)} tasks a second: half of the ${latency.maximum.toFixed(1)} that could be done. A task is a chain of five calls of 10 ms.

${markdown(latencyTable(latency))}
`;
