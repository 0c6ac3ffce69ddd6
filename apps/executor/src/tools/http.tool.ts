import type { ToolAnswer } from '@muster/ledger';
import { connectWithin, type Egress, startDeadline } from '@muster/resilience';
import { Agent } from 'undici';
import { HttpExchange } from './http.exchange';
import { buildHttpRequest } from './http.request';
import { TOOL_LIMITS } from './limits';
import type { Tool, ToolCall } from './tool';

/**
 * Calls tools over HTTP/1.1, one request on a connection at a time: only so does closing the connection end one call and
 * no other. Nothing is retried and no redirect followed, for every sending has to be a row of the ledger.
 */
export class HttpTool implements Tool {
  private readonly keeping: Agent;
  private readonly fresh: Agent;

  constructor(egress: Egress) {
    this.keeping = makeAgent(egress, 1);
    this.fresh = makeAgent(egress, 0);
  }

  async call(call: ToolCall): Promise<ToolAnswer> {
    const { transport, effect } = call.contract;
    if (transport.type !== 'http') throw new TypeError(`${call.contract.name} is no HTTP tool.`);
    const request = buildHttpRequest(call, transport);
    if (request.kind === 'rejected') return request;
    const deadline = startDeadline(call.timeoutMs, call.signal);
    try {
      const isTls = request.options.origin.startsWith('https:');
      const exchange = new HttpExchange(deadline, isTls, () => call.mayLeave());
      // A kept connection may be dead without anybody knowing; for an opaque tool that unknown would cost a person's time.
      const agent = effect === 'opaque' ? this.fresh : this.keeping;
      if (!deadline.signal.aborted) agent.dispatch(request.options, exchange);
      return await exchange.answer;
    } finally {
      deadline.clear();
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.keeping.destroy(), this.fresh.destroy()]);
  }
}

/** `pipelining` 0 keeps no connection. How many stand at once is bounded by the bulkheads; the deadline is the only clock. */
function makeAgent(egress: Egress, pipelining: 0 | 1): Agent {
  return new Agent({
    allowH2: false,
    pipelining,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: connectWithin(egress, TOOL_LIMITS.CONNECT_TIMEOUT_MS),
  });
}
