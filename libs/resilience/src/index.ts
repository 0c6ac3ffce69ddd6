export * from './breaker';
export * from './breakers';
export * from './bulkhead';
export * from './bulkheads';
export * from './deadline';
export * from './egress';
export * from './egress-connect';
