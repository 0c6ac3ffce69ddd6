import { tmpdir } from 'node:os';
import { isAbsolute } from 'node:path';
import { assertNever, Fault, type ProcessTransport } from '@muster/domain';
import type { ToolAnswer } from '@muster/ledger';
import { startDeadline } from '@muster/resilience';
import { stoppedBeforeSend } from './not-sent';
import { commandLine } from './process.argv';
import { runProgram } from './process.run';
import type { Tool, ToolCall } from './tool';

class ProcessEntryFault extends Fault {
  readonly code = 'PROCESS_ENTRY_INVALID';
  readonly retryable = false;
  constructor(entry: string) {
    super(
      `PROCESS_ALLOW cannot be read at ${JSON.stringify(entry)}.`,
      'Write names of programs (git) or absolute paths.',
    );
  }
}

/** Runs programs of the operator's list: no shell, nothing of the executor's environment but PATH. */
export class ProcessTool implements Tool {
  private readonly allowed: readonly string[];

  /** `allowed`: names that PATH resolves, or absolute paths. Throws ProcessEntryFault. */
  constructor(allowed: readonly string[]) {
    this.allowed = allowed.map((entry) => entry.trim()).filter((entry) => entry !== '');
    const relative = this.allowed.find((entry) => entry.includes('/') && !isAbsolute(entry));
    if (relative !== undefined) throw new ProcessEntryFault(relative);
  }

  async call(call: ToolCall): Promise<ToolAnswer> {
    const { transport } = call.contract;
    if (transport.type !== 'process') throw new TypeError(`${call.contract.name} is no program.`);
    const command = commandLine(transport, this.allowed, call.request);
    if (command.kind === 'rejected') return command;
    const deadline = startDeadline(call.timeoutMs, call.signal);
    try {
      if (deadline.signal.aborted) return stoppedBeforeSend(deadline);
      const run = { ...command, cwd: transport.cwd ?? tmpdir(), env: environment(call), stdin: call.request };
      const end = await runProgram(run, deadline);
      return end.kind === 'stdout' ? { kind: 'output', body: outputBody(transport, end.stdout) } : end;
    } finally {
      deadline.clear();
    }
  }
}

/** The executor's own environment holds the database's password. */
const environment = (call: ToolCall): Record<string, string> => ({
  PATH: process.env.PATH ?? '',
  LANG: 'C.UTF-8',
  MUSTER_OPERATION_ID: call.operationId,
  MUSTER_TASK: call.taskId,
  MUSTER_STEP: call.stepId,
  MUSTER_ATTEMPT: String(call.attempt),
  MUSTER_DEADLINE: call.deadline.toISOString(),
  TRACEPARENT: call.traceparent,
});

/** Text that is no UTF-8 is kept with U+FFFD in the broken places: programs that print names of files cannot help it. */
function outputBody(transport: ProcessTransport, stdout: Buffer): Buffer {
  const format = transport.output ?? 'json';
  switch (format) {
    case 'json':
      return stdout;
    case 'text':
      return Buffer.from(JSON.stringify({ text: stdout.toString('utf8') }));
    case 'lines':
      return Buffer.from(JSON.stringify({ lines: linesOf(stdout.toString('utf8')) }));
    default:
      return assertNever(format);
  }
}

/** The newline that ends the last line begins no other. */
function linesOf(text: string): string[] {
  const lines = text.split(/\r?\n/);
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}
