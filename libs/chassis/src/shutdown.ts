import type { Log } from './log';

/** After this, a process that was asked to stop is ended by force: work in flight is the ledger's to recover. */
export const SHUTDOWN_MS_MAX = 10_000;

/**
 * Ends the process in good order on SIGTERM, SIGINT, or the loss of the parent that started it: runs `close` once and
 * leaves. An error that nobody caught ends it at once, since its state is unknown; the parent starts a new one.
 */
export function stopGracefully(log: Log, close: () => Promise<void>): void {
  let stopping = false;
  const stop = (reason: string): void => {
    if (stopping) return;
    stopping = true;
    log.info('process.stopping', { reason });
    setTimeout(() => leave(log, 1, 'forced'), SHUTDOWN_MS_MAX).unref();
    close().then(
      () => leave(log, 0, 'clean'),
      (error: unknown) => {
        log.error('process.stop-failed', { error });
        leave(log, 1, 'failed');
      },
    );
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
  if (process.channel) process.on('disconnect', () => stop('parent lost'));
  dieOnBugs(log);
}

function leave(log: Log, code: number, how: string): void {
  log.info('process.stopped', { how });
  process.exit(code);
}

function dieOnBugs(log: Log): void {
  const die = (error: unknown): void => {
    log.error('process.bug', { error });
    process.exit(70);
  };
  process.on('uncaughtException', die);
  process.on('unhandledRejection', die);
}
