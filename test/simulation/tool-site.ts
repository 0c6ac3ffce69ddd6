import { type JsonValue, modelToolName, PLANNER } from '@muster/domain';
import type { ToolAnswer } from '@muster/ledger';
import { ABSENT_AFTER_MS, TIMEOUT_MS, WINDOW_MS } from '../../apps/coordinator/src/lifecycle/testing/contracts';
import type { ToolCall } from '../../apps/executor/src/tools/tool';
import type { StepWork } from '../../apps/executor/src/work';
import type { Draws } from './draws';
import { Finding } from './finding';
import type { Strikes } from './mix';
import { said, sayAnything } from './model-mind';
import type { Actor, Stage, Timer } from './stage';

/** One sending as it is in the world outside, whatever anybody has written down about it. */
export interface PhysicalCall {
  readonly operationId: string;
  readonly step: string;
  readonly tool: string;
  readonly effect: StepWork['contract']['effect'];
  readonly sending: number;
  readonly sender: Actor;
  /** When its process asked for the claim. */
  readonly claimedAt: number;
  /** `held`: decided to be sent, not yet written. `gone`: will never be written. */
  state: 'held' | 'open' | 'closed' | 'gone';
  /** Written later than the protocol's last check allowed: its process stood still between check and write. */
  isBelated: boolean;
  pending: Timer | undefined;
}

const PLANNER_CALL = modelToolName(PLANNER);

/** What a tool does with one request. `does`: whether this request has an effect. */
interface Behaviour {
  readonly name: string;
  readonly does: boolean;
  readonly answer: ToolAnswer | undefined;
}

const OUTPUTS = ['1', '2', 'null'] as const;
const LATE_MS_MAX = 60_000;

const answered = (status: number, body: string, retryAfter?: string): ToolAnswer => ({
  kind: 'answered',
  status,
  headers: retryAfter ? { 'retry-after': retryAfter } : {},
  body: Buffer.from(body),
});
const silent = (code: 'reset' | 'timeout' | 'aborted'): ToolAnswer => ({ kind: 'no-answer', code, message: code });

const MISBEHAVIOURS: readonly Behaviour[] = [
  { name: 'rejects it', does: false, answer: answered(422, '{}') },
  { name: 'is busy', does: false, answer: answered(503, '{}', '1') },
  { name: 'is busy', does: false, answer: answered(503, '{}') },
  {
    name: 'refuses the connection',
    does: false,
    answer: { kind: 'not-sent', code: 'connection_refused', message: '' },
  },
  { name: 'resets before', does: false, answer: silent('reset') },
  { name: 'does it and resets', does: true, answer: silent('reset') },
  { name: 'answers 500 before', does: false, answer: answered(500, '') },
  { name: 'does it and answers 500', does: true, answer: answered(500, '') },
  { name: 'hangs before', does: false, answer: undefined },
  { name: 'does it and hangs', does: true, answer: undefined },
  { name: 'does it and answers prose', does: true, answer: answered(200, 'done!') },
  { name: 'does it and answers what its contract does not allow', does: true, answer: answered(200, '"bad"') },
  { name: 'answers 409', does: false, answer: answered(409, '') },
];

/** The tools, with a world of their own: they count their effects and lie about them as the effect sink does. */
export class ToolSite {
  readonly calls: PhysicalCall[] = [];
  effects = 0;
  private readonly effectsOf = new Map<string, number>();
  private readonly outputs = new Map<string, string>();
  /** What a keyed tool remembers of a key: when it was done, or that it is being done. */
  private readonly keys = new Map<string, { at: number }>();
  private readonly phantoms = new Set<string>();

  constructor(
    private readonly stage: Stage,
    private readonly draws: Draws,
    private readonly strikes: Strikes,
  ) {}

  effectsBy(operationId: string): number {
    return this.effectsOf.get(operationId) ?? 0;
  }

  /** The tool answered success and did nothing. */
  isPhantom(operationId: string): boolean {
    return this.phantoms.has(operationId);
  }

  /** Whether an effect of an earlier sending may still come, whoever may know of it. */
  mayStillHappen(operationId: string): boolean {
    return this.calls.some(
      (call) =>
        call.operationId === operationId &&
        (call.pending !== undefined || ((call.state === 'held' || call.state === 'open') && call.sender.isAlive)),
    );
  }

  /** Whether this process has a call under way. */
  isBusy(sender: Actor): boolean {
    return this.calls.some((call) => call.sender === sender && (call.state === 'held' || call.state === 'open'));
  }

  hold(work: StepWork, sending: number, sender: Actor, claimedAt: number): PhysicalCall {
    const call: PhysicalCall = {
      operationId: work.operationId,
      step: work.key,
      tool: work.contract.name,
      effect: work.contract.effect,
      sending,
      sender,
      claimedAt,
      state: 'held',
      isBelated: false,
      pending: undefined,
    };
    this.calls.push(call);
    return call;
  }

  /** The bytes leave. What comes back is given to `answer`, once, unless nothing comes. */
  receive(call: PhysicalCall, request: ToolCall, answer: (answer: ToolAnswer) => void): void {
    call.state = 'open';
    const behaviour = this.behaviourFor(call);
    this.stage.say('tool', () => `${call.tool} hears sending ${call.sending} of ${call.step}, and ${behaviour.name}`);
    const seen = this.carryOut(call, request, behaviour);
    if (seen && !this.strikes('answerLost')) answer(seen);
  }

  private behaviourFor({ tool, operationId }: PhysicalCall): Behaviour {
    // Only a contract that says from when on "absent" is proof can have a lie of its tool found out.
    if (tool === 'book' && this.strikes('phantom')) {
      this.phantoms.add(operationId);
      return { name: 'answers success without doing it', does: false, answer: answered(200, '1') };
    }
    if (this.strikes('toolFault')) return this.draws.pick(MISBEHAVIOURS);
    const output = this.outputs.get(operationId) ?? this.outputFor(tool);
    this.outputs.set(operationId, output);
    return { name: 'does it', does: true, answer: answered(200, output) };
  }

  private outputFor(tool: string): string {
    if (tool === PLANNER_CALL) return said(this.draws, this.planner());
    return tool.startsWith('model:') ? sayAnything(this.draws) : this.draws.pick(OUTPUTS);
  }

  private carryOut(call: PhysicalCall, request: ToolCall, { does, answer }: Behaviour): ToolAnswer | undefined {
    if (!does || call.effect === 'transactional' || call.effect === 'none') return answer;
    if (call.effect === 'keyed') {
      const known = this.keys.get(request.operationId);
      if (known && known.at > this.stage.now) return answered(409, '');
      if (known && this.stage.now - known.at <= WINDOW_MS) return answer;
    }
    // A tool that answers success has done it.
    const isSaid = answer?.kind === 'answered' && answer.status === 200;
    const wait = !isSaid && this.strikes('effectLate') ? this.draws.below(latestMs(call)) : 0;
    this.keys.set(request.operationId, { at: this.stage.now + wait });
    if (wait === 0) this.takeEffect(call);
    else
      call.pending = this.stage.later(wait, undefined, () => {
        call.pending = undefined;
        this.takeEffect(call);
      });
    return answer;
  }

  /** The sender's end of the connection is closed. A contract that says `absentAfterMs` speaks from here on. */
  close(call: PhysicalCall): void {
    if (call.state === 'held') call.state = 'gone';
    if (call.state !== 'open') return;
    call.state = 'closed';
    if (call.pending && call.tool === 'book') {
      call.pending.at = Math.min(call.pending.at, this.stage.now + ABSENT_AFTER_MS);
    }
  }

  takeEffect({
    operationId,
    step,
    sending,
    effect,
  }: Pick<PhysicalCall, 'operationId' | 'step' | 'sending' | 'effect'>): void {
    const times = this.effectsBy(operationId) + 1;
    this.effectsOf.set(operationId, times);
    this.effects += 1;
    this.stage.say('world', () => `effect ${times} of ${step}, by sending ${sending}`);
    this.onEffect(operationId, step, effect, times);
  }

  /** Set by the schedule: what a planner proposes for the task as it stands. */
  planner: () => JsonValue = () => null;

  /** Set by the oracle. */
  onEffect: (operationId: string, step: string, effect: PhysicalCall['effect'], times: number) => void = () => {
    throw new Finding('Nobody watches the effects.');
  };
}

/** How long after it left a request may still take effect. */
function latestMs({ effect, tool }: PhysicalCall): number {
  if (effect === 'keyed') return TIMEOUT_MS;
  return tool === 'book' ? TIMEOUT_MS + ABSENT_AFTER_MS : LATE_MS_MAX;
}
