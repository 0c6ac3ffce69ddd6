import type { MusterClient } from '@muster/client';
import type { Command } from 'commander';
import type { Connection } from './connection';
import type { ExitCode } from './exit-codes';
import type { Surroundings } from './terminal';

/** What a command gets to work with; the client is made only by commands that speak to Muster. */
export interface CommandContext extends Surroundings {
  connection(): Connection;
  client(): MusterClient;
  /** The same under the key that gives permits. */
  approver(): MusterClient;
  /** What the process will say to the shell; 0 unless a command sets it. */
  exitWith(code: ExitCode): void;
}

/** Adds arguments, options and the action to a command that already has its name and its summary. */
export type DefineCommand = (command: Command, context: CommandContext) => void;
