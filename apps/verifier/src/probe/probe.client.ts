import { Config } from '@muster/chassis';
import { CONTRACT_DEFAULTS, type JsonValue, type ProbeContract } from '@muster/domain';
import { Bulkhead, connectWithin, Egress, startDeadline } from '@muster/resilience';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Agent, type Dispatcher, request } from 'undici';
import { BOUNDS } from '../bounds';
import type { ProbeAnswer } from './probe-finding';
import { probeRequest } from './probe-request';

/**
 * Asks tools what became of an operation. A client of the verifier's own: it shares no connection with whoever sent the
 * operation, and goes nowhere that an executor could not go.
 */
@Injectable()
export class ProbeClient implements OnApplicationShutdown {
  private readonly agent: Agent;
  private readonly places = new Bulkhead('probes', BOUNDS.PROBES_MAX);

  constructor(config: Config) {
    this.agent = makeAgent(new Egress(config.egressAllow));
  }

  /** Waits for a place among the probes under way; `work` begins when there is one. */
  async inTurn<T>(work: () => Promise<T>): Promise<T> {
    const leave = await this.places.enter();
    try {
      return await work();
    } finally {
      leave();
    }
  }

  /** Never rejects: whatever goes wrong outside is an answer that says nothing. */
  async ask(probe: ProbeContract, operationId: string): Promise<ProbeAnswer> {
    const asked = probeRequest(probe, operationId);
    if (!asked) return { kind: 'silent', reason: 'the probe’s URL is no http or https URL' };
    const deadline = startDeadline(probe.timeoutMs ?? CONTRACT_DEFAULTS.probeTimeoutMs);
    try {
      const headers = { accept: 'application/json' };
      return await read(
        await request(asked.url, { method: asked.method, headers, dispatcher: this.agent, signal: deadline.signal }),
      );
    } catch (error) {
      return { kind: 'silent', reason: reasonOf(error) };
    } finally {
      deadline.clear();
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.agent.destroy();
  }
}

async function read(response: Dispatcher.ResponseData): Promise<ProbeAnswer> {
  const { statusCode: status, headers } = response;
  const text = await response.body.text();
  return { kind: 'answered', status, headers: singleValues(headers), body: parse(text) };
}

function parse(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    // An answer without JSON can still be told by its status; an expression that reads the body then finds null.
    return undefined;
  }
}

const singleValues = (headers: Dispatcher.ResponseData['headers']): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value].flat().join(', ')]));

const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message || error.name : String(error)).slice(0, BOUNDS.MESSAGE_LENGTH_MAX);

/** A fresh connection for each question: an old one may lead to an instance that has been taken out of service. */
function makeAgent(egress: Egress): Agent {
  return new Agent({
    allowH2: false,
    pipelining: 0,
    headersTimeout: 0,
    bodyTimeout: 0,
    maxResponseSize: BOUNDS.PROBE_BYTES_MAX,
    connect: connectWithin(egress, BOUNDS.PROBE_CONNECT_MS),
  });
}
