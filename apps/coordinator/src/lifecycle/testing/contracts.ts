import { type ResolvedContract, resolveContract, type ToolContract } from '@muster/domain';

export const TIMEOUT_MS = 1_000;
export const WINDOW_MS = 60_000;
export const ABSENT_AFTER_MS = 2_000;

const PROBE = { method: 'GET', url: 'http://127.0.0.1/{operationId}', happened: 'response.body.applied' } as const;

function aContract(name: string, changes: Partial<ToolContract>): ResolvedContract {
  const contract: ToolContract = {
    name,
    version: '1',
    description: `The tool ${name}.`,
    transport: { type: 'builtin', name },
    input: { type: 'object' },
    output: { not: { const: 'bad' } },
    effect: 'none',
    definite: { rejected: [422], notDone: [503] },
    timeoutMs: TIMEOUT_MS,
    retry: { maxAttempts: 3, backoffMs: 100, maxBackoffMs: 1_000 },
    ...changes,
  };
  return resolveContract(contract, `hash of ${name}`);
}

/** One tool of each effect class, and the variants that a decision tells apart. */
export const CONTRACTS: ReadonlyMap<string, ResolvedContract> = new Map(
  [
    aContract('read', { effect: 'none' }),
    aContract('slow', { effect: 'none', lane: 'slow' }),
    aContract('record', { effect: 'transactional' }),
    aContract('pay', { effect: 'keyed', dedupeWindowMs: WINDOW_MS }),
    aContract('book', { effect: 'probed', probe: { ...PROBE, absentAfterMs: ABSENT_AFTER_MS } }),
    aContract('ship', { effect: 'probed', probe: PROBE }),
    aContract('mail', { effect: 'opaque' }),
    aContract('clock', { effect: 'none', volatile: true }),
    aContract('note', { effect: 'keyed', dedupeWindowMs: WINDOW_MS, repeatable: true }),
    aContract('search', {
      effect: 'none',
      input: { type: 'object', properties: { q: { type: 'string' } }, required: ['q'] },
    }),
  ].map((contract) => [contract.name, contract]),
);

export const CONTRACTS_BY_HASH: ReadonlyMap<string, ResolvedContract> = new Map(
  [...CONTRACTS.values()].map((contract) => [contract.hash, contract]),
);
