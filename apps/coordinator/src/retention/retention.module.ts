import { Module } from '@nestjs/common';
import { Pruner } from './pruner';
import { RetentionController } from './retention.controller';
import { RetentionSweeper } from './retention.sweeper';

/** How long finished tasks are kept: the sweep that removes them, and the command. */
@Module({
  controllers: [RetentionController],
  providers: [Pruner, RetentionSweeper],
})
export class RetentionModule {}
