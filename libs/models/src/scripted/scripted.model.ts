import { setTimeout as pause } from 'node:timers/promises';
import { type JsonObject, type ModelPrices, render } from '@muster/domain';
import { answerOf, type Said } from '../answer';
import { FunctionNames } from '../function-names';
import type { ModelRequest } from '../model';
import { type Model, type ModelFailure, type ModelResult, type ModelTime, stoppedBeforeSend } from '../model-result';
import { matchOf, scopeOf, type View, viewOf } from './matching';
import { type Rule, type Say, type Script, type ScriptedCall, sayable } from './script';

/** A model that answers from a file: for tests, and for examples that need no key. It remembers nothing between calls. */
export class ScriptedModel implements Model {
  constructor(
    private readonly script: Script,
    private readonly setting: { readonly prices?: ModelPrices },
  ) {}

  async call(request: ModelRequest, time: ModelTime): Promise<ModelResult> {
    const view = viewOf(request);
    const match = matchOf(this.script, view);
    if (!match.ok) return this.refuse(match.message);
    if (await isStopped(match.rule.say.afterMs ?? 0, time)) return stoppedBeforeSend(time);
    const said = saidOf(match.rule, view);
    if (typeof said === 'string') return this.refuse(`${match.place}: ${said}`);
    const names = new FunctionNames([]);
    return { kind: 'said', answer: answerOf(said, { request, names, prices: this.setting.prices }) };
  }

  private refuse(reason: string): ModelFailure {
    const message = `The script ${this.script.file} has no answer: ${reason}.`;
    return { kind: 'rejected', code: 'script_has_no_answer', message };
  }
}

async function isStopped(afterMs: number, { signal }: ModelTime): Promise<boolean> {
  // The pause rejects only where the signal ends it, which is what is asked here.
  if (afterMs > 0) await pause(afterMs, undefined, { signal }).catch(() => undefined);
  return signal.aborted;
}

/** A text where the rule quotes something that the request does not have. */
function saidOf({ say }: Rule, view: View): Said | string {
  const filled = say.literal ? ({ ok: true, value: sayable(say) } as const) : render(sayable(say), scopeOf(view));
  if (!filled.ok) return `say${filled.pointer} has no value: ${filled.message}`;
  const { text, output, calls = [] } = filled.value as unknown as Pick<Say, 'text' | 'output' | 'calls'>;
  return {
    text: output === undefined ? textOf(text) : JSON.stringify(output),
    calls: calls.map((call, i) => numbered(call, view.round, i)),
    finishReason: say.finishReason ?? (calls.length > 0 ? 'tool-calls' : 'stop'),
    provider: 'scripted',
    ...say.usage,
  };
}

/** An expression that is the whole text keeps its type; a model says only text. */
const textOf = (text: unknown): string =>
  typeof text === 'string' ? text : text === undefined ? '' : JSON.stringify(text);

const numbered = ({ name, arguments: given }: ScriptedCall, round: number, i: number) => ({
  id: `call_${round + 1}_${i + 1}`,
  name: String(name),
  arguments: given as JsonObject,
});
