import { type Paint } from '../render/paint';
import { pairs } from '../render/table';
import { count, duration } from '../render/words';
import { type Kill, resolutionText, type Verdict } from './verdict';

export interface Telling {
  readonly verdict: Verdict;
  readonly kills: readonly Kill[];
  readonly taskId: string;
  readonly tookMs: number;
  /** As a person would type it. */
  readonly dataDir: string;
}

/** The end of the demo: what was measured, whether it held, and where to look closer. */
export function summary({ verdict, kills, taskId, tookMs, dataDir }: Telling, paint: Paint): string[] {
  const { figures } = verdict;
  const [kill] = kills;
  return [
    ...pairs(
      [
        ['operations', `${figures.operations}`],
        ['sendings', `${figures.sendings}`],
        ['effects at the desk', `${figures.effects}`],
        ['duplicates', (figures.duplicates ? paint.bad : paint.good)(String(figures.duplicates))],
        ['lost', (figures.lost ? paint.bad : paint.good)(String(figures.lost))],
        ['connections reset', `${figures.resets}`],
        ['executor killed', kill ? `pid ${kill.pid}, with ${count(kill.inFlight, 'call')} in flight` : 'never'],
        ['outcomes', resolutionText(figures.resolutions)],
        ['time', duration(tookMs)],
      ],
      paint,
    ),
    '',
    ...judgement(verdict, paint),
    '',
    'Look closer; nothing is running now, and the data is kept until the next demo:',
    `  MUSTER_DATA_DIR=${dataDir} npm start`,
    `  MUSTER_DATA_DIR=${dataDir} npm run -s muster -- show ${taskId}`,
    `  cat ${dataDir}/desk.log`,
  ];
}

function judgement(verdict: Verdict, paint: Paint): string[] {
  if (verdict.held) return [paint.good('✓ It held: one effect for every operation.')];
  const broken = verdict.checks.filter((check) => !check.holds);
  return [paint.bad('✗ It did not hold:'), ...broken.map((check) => `  ${paint.bad('✗')} ${check.says}`)];
}
