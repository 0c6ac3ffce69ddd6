import { jsonSchemasOf, ProblemDocument } from '@muster/contracts';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { describedShapes, refTo } from './describe';

const GROUPS = ['tasks', 'operations', 'plans', 'tools'];

type Operation = { responses: Record<string, unknown>; tags?: string[] };

/** The OpenAPI 3.1 document of the surface: paths from the controllers, schemas from the shapes they name. */
export function openApiOf(app: NestExpressApplication, version: string): OpenAPIObject {
  const description = 'A durable runtime for work that several agents do together. Errors are RFC 9457 problems.';
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Muster')
    .setDescription(description)
    .setVersion(version)
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An API key.' }, 'key')
    .addSecurityRequirements('key')
    .build();
  const document = SwaggerModule.createDocument(app, builder, { autoTagControllers: false });
  const schemas = jsonSchemasOf([...describedShapes(), ProblemDocument], refTo);
  document.components = {
    ...document.components,
    schemas: schemas as NonNullable<OpenAPIObject['components']>['schemas'],
  };
  for (const [path, item] of Object.entries(document.paths)) {
    describeProblems(item as Record<string, Operation>);
    for (const operation of Object.values(item as Record<string, Operation>)) operation.tags = [groupOf(path)];
  }
  Object.assign(document.paths, SERVICE_PATHS);
  return document;
}

/** `/v1/tasks/{id}/steps` stands with the tasks; what there is one route of stands together. */
function groupOf(path: string): string {
  const name = path.split('/')[2] ?? '';
  return GROUPS.includes(name) ? name : 'registry and health';
}

function describeProblems(item: Record<string, Operation>): void {
  for (const operation of Object.values(item)) {
    operation.responses.default = {
      description: 'What went wrong, and what to do next.',
      content: { 'application/problem+json': { schema: { $ref: refTo(ProblemDocument.name) } } },
    };
  }
}

const open = (summary: string, type: string, more: object = {}) => ({
  get: {
    summary,
    tags: ['registry and health'],
    security: [],
    responses: { 200: { description: summary, content: { [type]: { schema: {} } } }, ...more },
  },
});

// Answered before any controller is asked.
const SERVICE_PATHS = {
  '/health/live': open('The process lives.', 'application/json'),
  '/health/ready': open('It can take work.', 'application/json', { 503: { description: 'It cannot.' } }),
  '/metrics': open('Prometheus metrics.', 'text/plain'),
};
