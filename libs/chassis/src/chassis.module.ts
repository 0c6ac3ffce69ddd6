import { type DynamicModule, Module } from '@nestjs/common';
import { Clock } from './clock';
import { Config } from './config';
import { Health } from './health';
import { Log } from './log';

/** What every service stands on, for injection anywhere: Config, Log, Clock, Health. */
@Module({})
export class ChassisModule {
  static with(config: Config, log: Log): DynamicModule {
    const providers = [{ provide: Config, useValue: config }, { provide: Log, useValue: log }, Clock, Health];
    return { module: ChassisModule, global: true, providers, exports: providers };
  }
}
