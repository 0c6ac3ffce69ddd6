import { bootService } from '@muster/chassis';
import { CoordinatorModule } from './coordinator.module';
import { openDoor } from './http/door';

void bootService({
  name: 'coordinator',
  module: CoordinatorModule,
  http: ({ host, port }) => ({ host, port }),
  configure: openDoor,
});
