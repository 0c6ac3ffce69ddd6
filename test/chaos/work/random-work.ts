import type { TaskRequest } from '@muster/client';
import { compilePlan, type JsonObject, type PlanDocument, resolveContract, type StepDocument } from '@muster/domain';
import { reportWrite } from '../../../apps/executor/src/tools/builtin/report-write';
import { aTool } from '../../support/builders';
import { Draw } from '../draw';
import { RECORD, SINK_TOOLS } from './tools';

/** What is done about a submission beside making it. */
export interface Work {
  /** Its Idempotency-Key; everything it sends says it too. */
  readonly key: string;
  readonly request: TaskRequest;
  /** So many callers submit it at the same time. */
  readonly callers: number;
  /** Submitted once more when it was answered. */
  readonly isRepeated: boolean;
  /** The key is used for another body too: that has to be refused. */
  readonly isForged: boolean;
  /** Cancelled so long after its acceptance. */
  readonly cancelAfterMs?: number;
}

const TOOLS = { read: 1, pay: 6, book: 3, mail: 3, [RECORD]: 1 } as const;
const ATTEMPTS_TO_DRAW = 20;

/** The same seed gives the same work: the nth piece depends on nothing but the seed and n. */
export class RandomWork {
  private next = 0;

  constructor(private readonly seed: number) {}

  take(): Work {
    const key = `t${this.next++}`;
    const draw = new Draw(this.seed, key);
    const { input, document } = aPlanFor(key, draw);
    return {
      key: `${key}-of-${this.seed}`,
      request: { plan: document, input },
      callers: draw.isLucky(0.1) ? draw.int(2, 4) : 1,
      isRepeated: draw.isLucky(0.1),
      isForged: draw.isLucky(0.05),
      ...(draw.isLucky(0.06) && { cancelAfterMs: draw.int(0, 2_000) }),
    };
  }
}

interface Drawn {
  readonly document: PlanDocument;
  readonly input: JsonObject;
}

function aPlanFor(key: string, draw: Draw): Drawn {
  const shapes = { wide: aWidePlan, chain: aChainPlan, mixed: aMixedPlan };
  for (let attempt = 0; attempt < ATTEMPTS_TO_DRAW; attempt++) {
    const drawn = shapes[draw.weighted({ wide: 5, chain: 2, mixed: 5 })](key, draw);
    // Whoever stands behind a guarded step may not be what its fallback waits for; the rules know it as a cycle.
    if (compilePlan(drawn.document, CONTRACTS).ok) return drawn;
  }
  return aChainPlan(key, draw);
}

/** Many calls at the same time, and one that needs them all. */
function aWidePlan(key: string, draw: Draw): Drawn {
  const many = aList(`${key}/many`, draw.int(20, 100));
  const tool = draw.weighted({ pay: 6, book: 3, mail: 3, read: 0.3 });
  const steps: StepDocument[] = [
    {
      id: 'many',
      tool,
      forEach: '${{ input.many }}',
      as: 'one',
      ...inputOf(tool, '${{ one }}'),
      onFailure: 'continue',
    },
    { id: 'last', tool: RECORD, needs: ['many'], ...inputOf(RECORD, `${key}/last`) },
  ];
  return { document: { steps, completion: ['size(steps.many.outputs) > 0'] }, input: { many } };
}

/** A chain whose parts travel as runs. */
function aChainPlan(key: string, draw: Draw): Drawn {
  const steps = Array.from({ length: draw.int(8, 40) }, (_, rank): StepDocument => {
    const tool = draw.weighted({ ...TOOLS, [RECORD]: 0.5 });
    return {
      id: `s${rank}`,
      tool,
      ...(rank > 0 && { needs: [`s${rank - 1}`] }),
      ...inputOf(tool, `${key}/s${rank}`),
      ...(draw.isLucky(0.5) && { onFailure: 'continue' as const }),
    };
  });
  return { document: { steps }, input: {} };
}

/** Gates, lists, checks and fallbacks in any order. */
function aMixedPlan(key: string, draw: Draw): Drawn {
  const length = draw.int(3, 9);
  const input: Record<string, string[]> = {};
  const standIns = new Set<number>();
  const lists = Array.from({ length }, () => draw.isLucky(0.35));
  const steps = lists.map((isList, rank): StepDocument => {
    if (isList) input[`s${rank}`] = aList(`${key}/s${rank}`, draw.int(0, 24));
    const tool = draw.weighted(TOOLS);
    return {
      id: `s${rank}`,
      tool,
      needs: needsOf(rank, draw),
      ...gateOf(rank, draw),
      ...(isList ? listOf(rank, tool, draw) : inputOf(tool, `${key}/s${rank}`)),
      ...checkOf(tool, isList ? undefined : `${key}/s${rank}`, draw),
      ...(!isList && draw.isLucky(0.08) && { permit: true }),
      ...onFailureOf(rank, lists, standIns, draw),
    };
  });
  return { document: { steps, ...(draw.isLucky(0.3) && { completion: ['true'] }) }, input };
}

const aList = (name: string, length: number): string[] => Array.from({ length }, (_, n) => `${name}/${n}`);

/** What a call says of itself, so that no two calls of a run have the same bytes. */
const inputOf = (tool: string, echo: string): Pick<StepDocument, 'input'> =>
  tool === RECORD ? { input: { name: 'note.md', content: echo } } : { input: { echo } };

function needsOf(rank: number, draw: Draw): string[] {
  if (rank === 0) return [];
  if (draw.isLucky(0.5)) return [`s${rank - 1}`];
  return [...new Set(Array.from({ length: draw.int(0, 3) }, () => `s${draw.int(0, rank - 1)}`))];
}

const gateOf = (rank: number, draw: Draw): Pick<StepDocument, 'when'> =>
  draw.isLucky(0.15)
    ? { when: draw.pick(['true', 'false', rank === 0 ? 'true' : `steps.s${rank - 1}.output != 1`]) }
    : {};

const listOf = (rank: number, tool: string, draw: Draw): Partial<StepDocument> => ({
  forEach: `\${{ input.s${rank} }}`,
  as: 'one',
  ...(draw.isLucky(0.3) && { maxParallel: draw.int(1, 6) }),
  ...(tool === RECORD ? { input: { name: 'note.md', content: '${{ one }}' } } : { input: { echo: '${{ one }}' } }),
});

/** An answer that speaks of somebody else fails it. */
function checkOf(tool: string, echo: string | undefined, draw: Draw): Pick<StepDocument, 'check'> {
  if (!draw.isLucky(0.3)) return {};
  if (tool === RECORD) return { check: 'output.size > 0' };
  return { check: echo === undefined ? 'output.id != ""' : `output.echo == "${echo}"` };
}

function onFailureOf(rank: number, lists: readonly boolean[], standIns: Set<number>, draw: Draw) {
  if (draw.isLucky(0.4)) return { onFailure: 'continue' as const };
  const later = lists.flatMap((isList, other) => (other > rank && !isList && !standIns.has(other) ? [other] : []));
  if (!draw.isLucky(0.25) || later.length === 0) return {};
  const standIn = draw.pick(later);
  standIns.add(standIn);
  return { onFailure: { fallback: `s${standIn}` } };
}

const CONTRACTS = new Map(
  [
    ...Object.entries(SINK_TOOLS).map(([name, { effect }]) => aTool(name, effect, 'http://127.0.0.1:1')),
    reportWrite.contract,
  ].map((contract) => [contract.name, resolveContract(contract, contract.name)]),
);
