import { createRequire } from 'node:module';
import { join } from 'node:path';

const SECTIONS = [
  ['Ledger', 'ledger.invariants.js', 'LEDGER_INVARIANTS'],
  ['Lifecycle', 'lifecycle.invariants.js', 'LIFECYCLE_INVARIANTS'],
  ['Agents', 'agent.invariants.js', 'AGENT_INVARIANTS'],
  ['History', 'history.invariants.js', 'HISTORY_INVARIANTS'],
];

const HEAD = `<!-- Generated from libs/persistence/src/invariants by deploy/generate.mjs; run: npm run generate. -->
# Invariants

Each is a query that returns no row, asked after every test that ran services. Those marked *at rest* speak of what running services mend by themselves, and give them the time for it. The history check goes
further: it recomputes every hash and folds the events of the newest tasks, and the fold has to give the rows.
\`test/integration/invariants.spec.ts\` plants a breach of each and expects it to be found.`;

/** docs/invariants.md: what every snapshot of the database satisfies, in the words of the queries. */
export async function invariantsPage(root) {
  const require = createRequire(import.meta.url);
  const sections = SECTIONS.map(([title, file, list]) => {
    const invariants = require(join(root, 'dist/libs/persistence/src/invariants', file))[list];
    return [`## ${title}`, '', '| name | what holds | rests on it |', '|---|---|---|', ...invariants.map(rowOf)].join(
      '\n',
    );
  });
  return { 'docs/invariants.md': `${[HEAD, ...sections].join('\n\n')}\n` };
}

function rowOf({ name, promise, guarantees, sql }) {
  return `| \`${name}\` | ${promise}${sql.includes('$1') ? ' *(at rest)*' : ''} | ${guarantees.join(', ')} |`;
}
