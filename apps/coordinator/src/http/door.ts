import { Log } from '@muster/chassis';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { SwaggerModule } from '@nestjs/swagger';
import { openApiOf } from './docs/openapi';
import { Routes } from './docs/routes';
import { ProblemFilter } from './problems/problem.filter';
import { nameRequest } from './request-id';

const VERSION = '1';

/** Prepares the HTTP surface; to be called before the application listens. */
export function openDoor(app: NestExpressApplication): void {
  app.use(nameRequest);
  app.disable('x-powered-by');
  // The ETag of a task is its revision, and of nothing else a hash of the answer.
  app.disable('etag');
  app.set('query parser', 'simple');
  const routes = app.get(Routes);
  app.useGlobalFilters(new ProblemFilter(app.get(Log), routes));
  const document = openApiOf(app, VERSION);
  routes.learn({ ...document.paths, '/docs': { get: {} }, '/openapi.json': { get: {} } });
  SwaggerModule.setup('docs', app, document, {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    customSiteTitle: 'Muster API',
    customCss: '.swagger-ui .topbar { display: none }',
    swaggerOptions: { persistAuthorization: true, defaultModelsExpandDepth: 0 },
  });
}
