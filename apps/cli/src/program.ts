import { MusterClient } from '@muster/client';
import { Command, CommanderError } from 'commander';
import type { CommandContext, DefineCommand } from './command';
import { type Connection, type ConnectionFlags, findConnection } from './connection';
import { EXIT, EXIT_CODES_TEXT, type ExitCode } from './exit-codes';
import { tell } from './failure';
import type { Surroundings } from './terminal';

interface CommandEntry {
  readonly summary: string;
  readonly load: () => { readonly define: DefineCommand };
}

/** Every command. Only the one that is asked for is loaded: `muster` should answer before one notices. */
export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  up: { summary: 'start the embedded Muster here and stay with it', load: () => require('./commands/up') },
  demo: {
    summary: 'watch lost acknowledgements and a killed executor do no harm',
    load: () => require('./commands/demo'),
  },
  submit: { summary: 'submit a task or a plan from a YAML or JSON file', load: () => require('./commands/submit') },
  tasks: { summary: 'list tasks, newest first', load: () => require('./commands/tasks') },
  show: { summary: 'show a task, its steps and what was sent', load: () => require('./commands/show') },
  watch: { summary: 'follow a task until it has ended', load: () => require('./commands/watch') },
  explain: { summary: 'say why a task is not moving and what moves it', load: () => require('./commands/explain') },
  resolve: {
    summary: 'decide a parked operation: it happened, or it did not',
    load: () => require('./commands/resolve'),
  },
  permits: {
    summary: 'list what waits for your approval, grant it or deny it',
    load: () => require('./commands/permits'),
  },
  cancel: { summary: 'cancel a task', load: () => require('./commands/cancel') },
  plan: {
    summary: 'check a plan before it is submitted, or replace the plan of a task that runs',
    load: () => require('./commands/plan'),
  },
  agents: { summary: 'list agents, or register them', load: () => require('./commands/agents') },
  skills: { summary: 'list skills, or register them', load: () => require('./commands/skills') },
  tools: { summary: 'list tool contracts, or register them', load: () => require('./commands/tools') },
  mcp: {
    summary: 'list and import the tools of MCP servers, or serve Muster as one',
    load: () => require('./commands/mcp'),
  },
  verify: {
    summary: 'prove the history of a task, or of all, against its hashes and its rows',
    load: () => require('./commands/verify'),
  },
  prune: {
    summary: 'remove finished tasks that ended long enough ago, with all that belongs to them',
    load: () => require('./commands/prune'),
  },
  doctor: {
    summary: 'check that Muster can work and say what needs a person',
    load: () => require('./commands/doctor'),
  },
};

/** Runs one command line (without node and script) and says how it ended. Never throws. */
export async function run(argv: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  const program = new Command('muster');
  const context = new ProgramContext(surroundings, () => program.opts<ConnectionFlags>());
  try {
    describe(program, argv, context);
    await program.parseAsync([...argv], { from: 'user' });
    return context.exitCode;
  } catch (failure) {
    if (failure instanceof CommanderError) return failure.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const told = tell(failure, surroundings.terminal.paintErr, context.connectionSource());
    if (surroundings.interrupted.aborted) return EXIT.interrupted;
    if (told.lines.length) surroundings.terminal.err(told.lines);
    return told.exitCode;
  }
}

function describe(program: Command, argv: readonly string[], context: CommandContext): void {
  const { terminal } = context;
  program
    .description('Muster: a durable runtime for work that several agents do together.')
    .option('--url <url>', 'address of Muster (else MUSTER_URL, else .muster/connection.json)')
    .option('--key <key>', 'API key (else MUSTER_KEY, else .muster/connection.json)')
    .addHelpText('after', EXIT_CODES_TEXT)
    .showHelpAfterError(`See: ${context.programName} --help`)
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(text.trimEnd()),
    })
    .exitOverride();
  const wanted = argv.find((word) => Object.hasOwn(COMMANDS, word));
  for (const [name, entry] of Object.entries(COMMANDS)) {
    const command = program
      .command(name)
      .description(entry.summary)
      .showHelpAfterError(`See: ${context.programName} ${name} --help`);
    if (name === wanted) entry.load().define(command, context);
  }
}

class ProgramContext implements CommandContext {
  exitCode: ExitCode = EXIT.ok;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly terminal: Surroundings['terminal'];
  readonly programName: string;
  readonly interrupted: AbortSignal;
  private found?: Connection;

  constructor(
    surroundings: Surroundings,
    private readonly flags: () => ConnectionFlags,
  ) {
    this.env = surroundings.env;
    this.cwd = surroundings.cwd;
    this.terminal = surroundings.terminal;
    this.programName = surroundings.programName;
    this.interrupted = surroundings.interrupted;
  }

  connection(): Connection {
    this.found ??= findConnection(this.flags(), this.env, this.cwd);
    return this.found;
  }

  client(): MusterClient {
    return new MusterClient(this.connection());
  }

  approver(): MusterClient {
    const { url, approverKey: key } = this.connection();
    return new MusterClient({ url, key });
  }

  connectionSource(): string | undefined {
    return this.found?.source;
  }

  exitWith(code: ExitCode): void {
    this.exitCode = code;
  }
}
