import { MessagingModule } from '@muster/messaging';
import { PersistenceModule } from '@muster/persistence';
import { type MiddlewareConsumer, Module, type NestModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { urlencoded } from 'express';
import { AccessModule } from './access/access.module';
import { FaultsFilter } from './access/faults.filter';
import { PagesGuard } from './access/pages.guard';
import { BoardModule } from './board/board.module';
import { QueueDepthReader } from './board/queue-depth.reader';
import { AssetsController } from './pages/assets.controller';
import { PagesController } from './pages/pages.controller';
import { OverviewReader } from './readers/overview.reader';
import { TaskReader } from './readers/task.reader';
import { TasksReader } from './readers/tasks.reader';

/** The operator console: it reads, and nothing else. A process of its own, so that looking never slows doing. */
@Module({
  imports: [PersistenceModule.for('console'), MessagingModule.all(), AccessModule, BoardModule],
  controllers: [PagesController, AssetsController],
  providers: [
    OverviewReader,
    TasksReader,
    TaskReader,
    QueueDepthReader,
    PagesGuard,
    { provide: APP_FILTER, useClass: FaultsFilter },
  ],
})
export class ConsoleModule implements NestModule {
  // The only body that the console reads is the form that asks for an API key.
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(urlencoded({ extended: false, limit: '4kb', parameterLimit: 4 })).forRoutes('login');
  }
}
