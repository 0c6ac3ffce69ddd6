import { isJsonObject } from '@muster/domain';
import { readJson, type ToolAnswer } from '@muster/ledger';
import type { Tool, ToolCall } from '../tool';
import type { Builtin } from './builtin';
import { BUILTINS } from './builtins';

/** Runs the adapters that ship with the executor. They are pure and bounded by their input, so they need no deadline. */
export class BuiltinTool implements Tool {
  private readonly byName: ReadonlyMap<string, Builtin>;

  constructor(builtins: readonly Builtin[] = BUILTINS) {
    this.byName = new Map(builtins.map((builtin) => [builtin.contract.name, builtin]));
  }

  async call(call: ToolCall): Promise<ToolAnswer> {
    const { transport } = call.contract;
    if (transport.type !== 'builtin') throw new TypeError(`${call.contract.name} is no builtin.`);
    const builtin = this.byName.get(transport.name);
    if (!builtin)
      return { kind: 'rejected', code: 'builtin_unknown', message: `This executor has no builtin ${transport.name}.` };
    const input = readJson(call.request)?.value;
    if (!isJsonObject(input))
      return { kind: 'rejected', code: 'input_refused', message: 'A builtin takes a JSON object.' };
    const result = builtin.run(input);
    if (result.kind === 'refused') return { kind: 'rejected', code: 'input_refused', message: result.message };
    return { kind: 'output', body: Buffer.from(JSON.stringify(result.output)), writes: result.writes };
  }
}
