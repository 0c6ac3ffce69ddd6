import { bootService } from '@muster/chassis';
import { ExecutorModule } from './executor.module';

void bootService({ name: 'executor', module: ExecutorModule });
