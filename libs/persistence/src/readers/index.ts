export * from './explanation.reader';
export * from './history.reader';
export * from './operation.reader';
export * from './paging';
export * from './registry.reader';
export * from './skill.reader';
export * from './step.reader';
export * from './task.reader';
export { VerificationReader } from './verification.reader';
