export * from './active-steps';
export * from './classify';
export * from './model-answer';
export * from './operation.ledger';
export { PREPARE, WITHDRAWN } from './operation.sql';
export * from './read-json';
export * from './retry-after';
export * from './too-old';
export * from './tool-answer';
