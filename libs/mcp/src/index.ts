export type { McpCallEnd, McpResult } from './call-end';
export * from './connection';
export * from './listed-tool';
export * from './servers';
