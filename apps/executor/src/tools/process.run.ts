import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { ToolAnswer } from '@muster/ledger';
import type { Deadline } from '@muster/resilience';
import { TOOL_LIMITS } from './limits';
import { stoppedAfterSend } from './not-sent';

export interface ProgramRun {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: Buffer;
}

/** `stdout` of a program that ended with 0; otherwise the answer that its end means. */
export type ProgramEnd = { readonly kind: 'stdout'; readonly stdout: Buffer } | ToolAnswer;

/**
 * Runs a program to its end. It leads a process group of its own, so that a stop reaches what it started too; settles
 * only when it has exited and its pipes are closed. Programs that leave their group to live on are not supported.
 */
export function runProgram(run: ProgramRun, deadline: Deadline): Promise<ProgramEnd> {
  return new Promise((resolve) => {
    const child = spawn(run.program, run.args, {
      cwd: run.cwd,
      env: run.env,
      stdio: 'pipe',
      shell: false,
      detached: true,
    });
    const stop = stopper(child);
    const stdout = collect(child.stdout, () => stop());
    const stderr = tail(child.stderr);
    child.once('error', (error) => {
      // Without a pid it never ran. An error with one is about a signal that could not be sent: the exit will tell.
      if (child.pid === undefined) resolve({ kind: 'not-sent', code: 'program_not_started', message: error.message });
    });
    child.once('close', (exitCode, exitSignal) => {
      deadline.signal.removeEventListener('abort', stop);
      stop.over();
      if (stdout.tooLarge)
        resolve({ kind: 'no-answer', code: 'too-large', message: 'The program wrote more than may be kept.' });
      else if (deadline.signal.aborted) resolve(stoppedAfterSend(deadline));
      else if (exitCode === 0) resolve({ kind: 'stdout', stdout: Buffer.concat(stdout.chunks) });
      else
        resolve({
          kind: 'exited',
          exitCode,
          exitSignal,
          message: endMessage(run.program, exitCode, exitSignal, stderr.text()),
        });
    });
    deadline.signal.addEventListener('abort', stop, { once: true });
    // A program need not read its stdin: EPIPE says only that, and its exit code says the rest.
    child.stdin.on('error', () => undefined);
    child.stdin.end(run.stdin);
  });
}

/** Asks the group to end, then makes it. `over` ends what is left of the group when its leader is gone. */
function stopper(child: ChildProcess): (() => void) & { over: () => void } {
  let force: NodeJS.Timeout | undefined;
  const kill = () => {
    signalGroup(child, 'SIGKILL');
    // Somebody who left the group may hold the pipes: they must not hold the place in the bulkhead as well.
    child.stdout?.destroy();
    child.stderr?.destroy();
  };
  const stop = () => {
    if (force) return;
    signalGroup(child, 'SIGTERM');
    force = setTimeout(kill, TOOL_LIMITS.KILL_GRACE_MS);
  };
  const over = () => {
    clearTimeout(force);
    signalGroup(child, 'SIGKILL');
  };
  return Object.assign(stop, { over });
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    // ESRCH: nobody of the group is left, which is what was wanted. EPERM: it changed its user and is beyond our reach.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}

function collect(stream: Readable, overflow: () => void): { readonly chunks: Buffer[]; readonly tooLarge: boolean } {
  const kept = { chunks: [] as Buffer[], tooLarge: false };
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= TOOL_LIMITS.RESPONSE_BYTES_MAX) return void kept.chunks.push(chunk);
    kept.tooLarge = true;
    kept.chunks.length = 0;
    overflow();
  });
  return kept;
}

function tail(stream: Readable): { text: () => string } {
  let end = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    end = Buffer.concat([end, chunk]).subarray(-TOOL_LIMITS.STDERR_TAIL_BYTES_MAX);
  });
  return { text: () => end.toString('utf8').trim() };
}

function endMessage(program: string, exitCode: number | null, exitSignal: string | null, stderr: string): string {
  const how = exitCode === null ? `was ended by ${exitSignal}` : `ended with ${exitCode}`;
  return stderr === '' ? `${program} ${how}.` : `${program} ${how}: ${stderr}`;
}
