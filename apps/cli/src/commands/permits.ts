import { gather, type Permit, type PermitState } from '@muster/client';
import type { CommandContext, DefineCommand } from '../command';
import { safe } from '../render/paint';
import { table } from '../render/table';

interface ListOptions {
  readonly all?: boolean;
  readonly json?: boolean;
}
interface WordOptions {
  readonly reason: string;
  readonly json?: boolean;
}

export const define: DefineCommand = (command, context) => {
  command
    .option('--all', 'also those that are decided')
    .option('--json', 'print JSON')
    .action((options: ListOptions) => list(context, options));
  command
    .command('grant')
    .description('let exactly this operation be sent, once')
    .argument('<permit>', 'permit id, such as prm_…')
    .requiredOption('--reason <text>', 'why it may go out; kept in the history of the task')
    .option('--expires-in-ms <ms>', 'how long it may first be sent; a day by default', Number)
    .option('--json', 'print JSON')
    .action(async (id: string, { reason, expiresInMs, json }: WordOptions & { expiresInMs?: number }) => {
      const permit = await context.approver().permits.grant(id, { reason, expiresInMs });
      tell(context, permit, json, `${id} is granted: '${safe(permit.stepKey)}' goes out.`);
    });
  command
    .command('deny')
    .description('refuse it: nothing is sent, and the step fails')
    .argument('<permit>', 'permit id, such as prm_…')
    .requiredOption('--reason <text>', 'why not; kept in the history of the task')
    .option('--json', 'print JSON')
    .action(async (id: string, { reason, json }: WordOptions) => {
      const permit = await context.approver().permits.deny(id, { reason });
      tell(context, permit, json, `${id} is denied: '${safe(permit.stepKey)}' fails, and nothing was sent.`);
    });
};

function tell({ terminal: { out, paint } }: CommandContext, permit: Permit, json: boolean | undefined, said: string) {
  out(json ? JSON.stringify(permit, null, 2) : `${paint.good('✓')} ${said}`);
}

const REQUEST_SHOWN_MAX = 160;

async function list(context: CommandContext, { all, json }: ListOptions): Promise<void> {
  const state: PermitState | undefined = all ? undefined : 'pending';
  const permits = await gather(context.client().permits.list({ state }));
  const { out, err, paint } = context.terminal;
  if (json) return out(JSON.stringify(permits, null, 2));
  if (permits.length === 0) return err('Nothing waits for an approval.');
  out(
    table(
      permits,
      [
        { title: 'PERMIT', of: (permit) => permit.id },
        { title: 'STATE', of: (permit) => permit.state },
        { title: 'STEP', of: (permit) => safe(permit.stepKey) },
        { title: 'CALLS', of: (permit) => (questionOf(permit) === undefined ? safe(permit.tool) : 'nobody') },
        { title: 'ASKS, OR WOULD SEND', of: (permit) => paint.quiet(safe(questionOf(permit) ?? requestOf(permit))) },
      ],
      paint,
    ),
  );
  if (!all) err(paint.quiet(`Decide: ${context.programName} permits grant <permit> --reason "…"   or   deny`));
}

const APPROVAL = 'muster:approval';

/** The text of an approval; undefined where a call waits. */
function questionOf({ tool, request }: Permit): string | undefined {
  if (tool !== APPROVAL || typeof request !== 'object' || request === null || Array.isArray(request)) return undefined;
  return typeof request.ask === 'string' ? request.ask : undefined;
}

function requestOf({ request }: Permit): string {
  const text = request === undefined ? '(no JSON)' : JSON.stringify(request);
  return text.length <= REQUEST_SHOWN_MAX ? text : `${text.slice(0, REQUEST_SHOWN_MAX - 1)}…`;
}
