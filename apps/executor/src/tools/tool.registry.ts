import type { Transport } from '@muster/domain';
import { CLAIM_TOO_OLD, type ToolAnswer } from '@muster/ledger';
import type { Tool, ToolCall } from './tool';

/** Every way to the outside, chosen by the contract's transport. */
export class ToolRegistry implements Tool {
  constructor(private readonly tools: Readonly<Record<Transport['type'], Tool>>) {}

  call(call: ToolCall): Promise<ToolAnswer> {
    return call.mayLeave() ? this.tools[call.contract.transport.type].call(call) : Promise.resolve(CLAIM_TOO_OLD);
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.tools).map((tool) => tool.close?.()));
  }
}
