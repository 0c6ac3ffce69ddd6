import type { ShapeClass } from '@muster/contracts';
import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOperation, ApiParam, ApiQuery, ApiResponse } from '@nestjs/swagger';

/** Shapes that the OpenAPI document refers to; their schemas are put in when it is made. */
const described = new Set<ShapeClass>();
export const describedShapes = (): ShapeClass[] => [...described];

export const refTo = (name: string): string => `#/components/schemas/${name}`;

function ref(shape: ShapeClass): { $ref: string } {
  described.add(shape);
  return { $ref: refTo(shape.name) };
}

interface Answer {
  readonly says: string;
  readonly status?: number;
  /** The answer is a page of these. */
  readonly isPage?: boolean;
  readonly path?: readonly string[];
  readonly query?: readonly string[];
  readonly headers?: readonly string[];
}

const PARAMETERS: Readonly<Record<string, string>> = {
  id: 'As the API showed it.',
  name: 'Its name.',
  limit: 'Items of a page, 1 to 500; 50 by default.',
  cursor: "The page before's nextCursor.",
  state: 'Only these states; may be repeated.',
  label: 'Only with this label, as name=value; may be repeated, all must hold.',
  waitMs: 'Answer when the task has ended or needs attention, or after this many milliseconds.',
  version: 'Of this version; by default the one registered last.',
  step: 'Of the step with this key.',
  'If-Match': 'The ETag that the task must still have.',
  'Idempotency-Key': 'Sending the same body again under the same key makes no second task.',
  'Last-Event-ID': 'With Accept: text/event-stream: resume behind this event; 0 begins with the first.',
};

/** What a route answers, for the OpenAPI document. */
export function Answers(shape: ShapeClass, answer: Answer): MethodDecorator {
  const { says, status = 200, isPage = false, path = [], headers = [] } = answer;
  const query = [...(answer.query ?? []), ...(isPage ? ['limit', 'cursor'] : [])];
  return applyDecorators(
    ApiOperation({ summary: says }),
    ApiResponse({ status, description: says, schema: isPage ? pageSchema(shape) : ref(shape) }),
    ...path.map((name) => ApiParam({ name, schema: { type: 'string' }, description: PARAMETERS[name] })),
    ...query.map((name) =>
      ApiQuery({ name, required: false, schema: { type: 'string' }, description: PARAMETERS[name] }),
    ),
    ...headers.map((name) =>
      ApiHeader({ name, required: false, schema: { type: 'string' }, description: PARAMETERS[name] }),
    ),
  );
}

/** The body a route takes. */
export const Takes = (shape: ShapeClass, required = true): MethodDecorator => ApiBody({ schema: ref(shape), required });

const pageSchema = (shape: ShapeClass) => ({
  type: 'object',
  required: ['items'],
  properties: {
    items: { type: 'array', items: ref(shape) },
    nextCursor: { type: 'string', description: 'Absent on the last page.' },
  },
});
