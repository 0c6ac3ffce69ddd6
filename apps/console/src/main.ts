import { bootService } from '@muster/chassis';
import { securityHeaders } from './access/headers';
import { ConsoleModule } from './console.module';

void bootService({
  name: 'console',
  module: ConsoleModule,
  http: (config) => ({ host: config.host, port: config.consolePort }),
  configure: (app) => {
    app.disable('x-powered-by');
    app.use(securityHeaders);
  },
});
