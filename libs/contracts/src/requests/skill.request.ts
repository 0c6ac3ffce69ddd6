import { type JsonObject, LIMITS } from '@muster/domain';
import { JsonMap, Shape, Text } from '../shape/fields';
import { PlanRequest } from './plan.request';

const NAME = /^[a-z0-9]+([._-][a-z0-9]+)*$/;

/** The body of `PUT /v1/skills/{name}`: a plan template with typed parameters. */
export class SkillRequest {
  @Text({ min: 1, max: LIMITS.NAME_LENGTH_MAX, pattern: NAME, example: 'customers.greet' })
  name: string;
  @Text({ min: 1, max: LIMITS.NAME_LENGTH_MAX, pattern: /^[\w.+-]+$/, example: '1' })
  version: string;
  @Text({ max: 4_096 })
  description: string;
  @JsonMap({ description: "JSON Schema 2020-12 of the parameters, which the plan's expressions see as `input`." })
  parameters: JsonObject;
  @Shape(() => PlanRequest, { description: 'The steps; they may name skills themselves.' })
  plan: PlanRequest;
}
