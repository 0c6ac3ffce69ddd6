import { bootService } from '@muster/chassis';
import { PlannerModule } from './planner.module';

void bootService({ name: 'planner', module: PlannerModule });
