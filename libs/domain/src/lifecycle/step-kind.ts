/** What a step calls. Calls of an agent are steps as well: of its model, of a tool, of another agent. */
export const STEP_KINDS = ['tool', 'agent', 'model'] as const;
export type StepKind = (typeof STEP_KINDS)[number];
