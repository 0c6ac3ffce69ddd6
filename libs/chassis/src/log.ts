import { AsyncLocalStorage } from 'node:async_hooks';
import { Injectable, type LoggerService } from '@nestjs/common';
import pino from 'pino';
import type { LogLevel } from './config';

export type LogFields = Readonly<Record<string, unknown>>;

const context = new AsyncLocalStorage<LogFields>();

/** Every line logged inside `work` carries these fields, e.g. task, step and attempt. */
export const withLogContext = <T>(fields: LogFields, work: () => T): T =>
  context.run({ ...context.getStore(), ...fields }, work);

// What must never reach a log, wherever it stands in the fields.
const SECRET_FIELDS = ['authorization', 'password', 'secret', 'apiKey', 'keyHash', 'databaseUrl', 'redisUrl'];

/** One JSON line per event: its name first, facts as fields. Never secrets, never a model's text. */
@Injectable()
export class Log {
  private readonly pino: pino.Logger;

  constructor(service: string, level: LogLevel = 'info', destination: pino.DestinationStream = pino.destination(1)) {
    this.pino = pino(
      {
        level,
        base: undefined,
        messageKey: 'event',
        formatters: { level: (label) => ({ level: label }) },
        timestamp: pino.stdTimeFunctions.isoTime,
        mixin: () => ({ service, ...context.getStore() }),
        serializers: { error: pino.stdSerializers.err },
        redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`]), censor: '(hidden)' },
      },
      destination,
    );
  }

  debug(event: string, fields: LogFields = {}): void {
    this.pino.debug(fields, event);
  }

  /** A state moved. */
  info(event: string, fields: LogFields = {}): void {
    this.pino.info(fields, event);
  }

  /** We coped. */
  warn(event: string, fields: LogFields = {}): void {
    this.pino.warn(fields, event);
  }

  /** A person must look. */
  error(event: string, fields: LogFields = {}): void {
    this.pino.error(fields, event);
  }
}

/** Nest's own lines, in our shape. Its start-up chatter is `debug`. */
export function nestLogger(log: Log): LoggerService {
  const fields = (message: unknown, rest: unknown[]) => ({ message: String(message), from: rest.at(-1) });
  return {
    log: (message: unknown, ...rest: unknown[]) => log.debug('nest.message', fields(message, rest)),
    debug: (message: unknown, ...rest: unknown[]) => log.debug('nest.message', fields(message, rest)),
    warn: (message: unknown, ...rest: unknown[]) => log.warn('nest.warning', fields(message, rest)),
    error: (message: unknown, ...rest: unknown[]) =>
      log.error('nest.error', { ...fields(message, []), details: rest.map(String) }),
  };
}
