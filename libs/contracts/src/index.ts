// Its decorators read what this keeps, whoever imports it first.
import 'reflect-metadata';

export * from './doorbells';
export * from './intake.asyncapi';
export * from './intake.message';
export * from './intake.view';
export * from './queues';
export * from './requests/agent.request';
export * from './requests/batch.request';
export * from './requests/budget.request';
export * from './requests/decision.request';
export * from './requests/plan.request';
export * from './requests/prune.request';
export * from './requests/skill.request';
export * from './requests/task.request';
export * from './requests/tool.request';
export * from './shape/fields';
export * from './shape/json-schemas';
export * from './shape/shape-check';
export * from './views/doctor.view';
export * from './views/ledger.view';
export * from './views/permit.view';
export * from './views/problem.view';
export * from './views/pruned.view';
export * from './views/registry.view';
export * from './views/task.view';
export * from './views/verification.view';
