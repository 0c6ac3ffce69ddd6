import type { AgentContract } from '@muster/client';
import type { DefineCommand } from '../command';
import { safe } from '../render/paint';
import { defineRegistry } from './registry';

export const define: DefineCommand = (command, context) =>
  defineRegistry<AgentContract>(command, context, {
    noun: 'agent',
    files: 'agent contracts',
    list: ({ client }) => client().agents.list(),
    put: ({ client }, agent) => client().agents.put(agent),
    columns: ({ terminal: { paint } }) => [
      { title: 'AGENT', of: (agent) => agent.name },
      { title: 'VERSION', of: (agent) => agent.version },
      { title: 'MODEL', of: (agent) => safe(agent.model) },
      { title: 'MAY CALL', of: ({ tools = [], agents = [] }) => safe([...tools, ...agents].join(', ')) },
      { title: 'DESCRIPTION', of: (agent) => paint.quiet(safe(agent.description)) },
    ],
  });
