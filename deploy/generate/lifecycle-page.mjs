import { lifecycles, movesOf } from './lifecycles.mjs';

/** What stands above each diagram: what the entity is, and what a table cannot say. */
const INTRODUCTIONS = {
  task: 'What a caller asked for. A task that waits for a person keeps its state and has the condition `NeedsAttention`.',
  step: `A node of the plan. \`executing\`, which the API shows, is not stored: it is \`dispatched\` with an operation
\`sent\` at the step's epoch. A \`dispatched\` step may be dispatched again: same state, next epoch.`,
  operation: `One call of one tool for one step. *absent* is certainly not done; *failed* is rejected for good; *unknown*
is what nobody may guess about.`,
  worker: 'One process of one service, from its registration to its seen or presumed end.',
};

/** docs/lifecycle.md: a diagram and a table of every state machine. */
export async function lifecyclePage(root) {
  return { 'docs/lifecycle.md': `${[HEAD, ...lifecycles(root).map(sectionOf)].join('\n\n')}\n` };
}

const HEAD = `<!-- Generated from libs/domain/src/lifecycle by deploy/generate.mjs; run: npm run generate. -->
# Lifecycles

Four state machines, each one table in \`libs/domain/src/lifecycle\`. One function, \`transition\`, reads the tables; the
triggers of \`prisma/migrations/*_lifecycle_guard\` are generated from them and refuse any other move. A state is
terminal exactly when it has no way out.`;

function sectionOf(lifecycle) {
  const title = lifecycle.entity[0].toUpperCase() + lifecycle.entity.slice(1);
  return [`## ${title}`, INTRODUCTIONS[lifecycle.entity], diagramOf(lifecycle), tableOf(lifecycle)].join('\n\n');
}

function diagramOf(lifecycle) {
  const lines = movesOf(lifecycle).map(([from, to]) => `  ${from} --> ${to}`);
  const ends = terminalStatesOf(lifecycle).map((state) => `  ${state} --> [*]`);
  const [first] = Object.keys(lifecycle.table);
  return ['```mermaid', 'stateDiagram-v2', `  [*] --> ${first}`, ...lines, ...ends, '```'].join('\n');
}

function tableOf({ table }) {
  const rows = Object.entries(table).map(
    ([from, to]) => `| \`${from}\` | ${to.length > 0 ? to.map(code).join(', ') : '*terminal*'} |`,
  );
  return ['| from | to |', '|---|---|', ...rows].join('\n');
}

const terminalStatesOf = ({ table }) => Object.keys(table).filter((state) => table[state].length === 0);
const code = (text) => `\`${text}\``;
