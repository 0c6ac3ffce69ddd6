import { ExpressAdapter } from '@bull-board/express';
import { BullBoardModule } from '@bull-board/nestjs';
import { Fault } from '@muster/domain';
import { Module } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import { AccessModule } from '../access/access.module';
import { Door, QUEUE_SCOPES } from '../access/door';
import { refuse } from '../access/refuse';
import { QueueBoard } from './queue-board';

// Bull Board ignores Nest's guards, even global ones: only this middleware stands before it.
const operatorsOnly =
  (door: Door) =>
  async (request: Request, response: Response, next: NextFunction): Promise<void> => {
    try {
      await door.admit(request, QUEUE_SCOPES);
    } catch (error) {
      return error instanceof Fault ? refuse(request, response, error) : next(error);
    }
    next();
  };

@Module({
  imports: [
    AccessModule,
    BullBoardModule.forRootAsync({
      imports: [AccessModule],
      inject: [Door],
      useFactory: (door: Door) => ({
        route: '/queues',
        adapter: ExpressAdapter,
        middleware: operatorsOnly(door),
        boardOptions: {
          uiConfig: {
            boardTitle: 'Muster queues',
            miscLinks: [{ text: 'Back to the console', url: '/' }],
            hideRedisDetails: true,
          },
        },
      }),
    }),
  ],
  providers: [QueueBoard],
  exports: [QueueBoard],
})
export class BoardModule {}
