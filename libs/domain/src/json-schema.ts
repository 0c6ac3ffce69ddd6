import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020';
import { Ajv2020 } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { BoundedCache } from './bounded-cache';
import { hashJson } from './canonical-json';
import type { JsonObject, JsonValue } from './json';
import { childPointer } from './json-pointer';
import { LIMITS } from './limits';

/** One way in which a value is not what its schema says. */
export interface SchemaViolation {
  /** RFC 6901, from the value; for a missing or extra property to that property. */
  readonly pointer: string;
  /** The schema keyword that refused it. */
  readonly keyword: string;
  readonly message: string;
}

/** A schema ready to judge. */
export interface CompiledSchema {
  violationsOf(value: JsonValue): readonly SchemaViolation[];
}

/** Code is generated from a schema; a larger one takes seconds. */
const SCHEMA_BYTES_MAX = 128 * 1024;
/** Deeper schemas overflow the generator's stack. */
const SCHEMA_DEPTH_MAX = LIMITS.JSON_DEPTH_MAX;
const SCHEMAS_KEPT_MAX = 512;
/** Nobody reads more, and each costs a line in a stored outcome. */
const VIOLATIONS_MAX = 50;

// Judges schemas, and never compiles one: what is compiled stays in its instance, with every $id.
const metaschema = new Ajv2020({ strict: false, logger: false });

const kept = new BoundedCache<string, KnownSchema>(SCHEMAS_KEPT_MAX);
// Contracts are kept by services for long; most look-ups need no hash.
const keptByIdentity = new WeakMap<object, KnownSchema>();

/** Why a JSON Schema (2020-12) cannot be used, or undefined where it can. */
export function schemaFault(schema: JsonValue): string | undefined {
  return knownOf(schema).fault;
}

/**
 * Compiles a schema that `schemaFault` finds no fault with. It is not judged again: the first judgement of a process takes
 * a tenth of a second, and a worker that just came back has somebody waiting.
 */
export function schemaOf(schema: JsonObject): CompiledSchema {
  const { compiled } = knownOf(schema);
  if (compiled instanceof Error) throw compiled;
  return compiled;
}

/** A check that answers null for a value its schema accepts, else what is wrong, in words. */
export function compileSchema(schema: JsonObject): (value: JsonValue) => readonly string[] | null {
  const compiled = schemaOf(schema);
  return (value) => {
    const violations = compiled.violationsOf(value);
    return violations.length === 0 ? null : violations.map(({ pointer, message }) => `${pointer || '/'} ${message}`);
  };
}

/** What is known of one schema; either part of it is worked out when it is first asked for. */
class KnownSchema {
  private judged: { readonly fault: string | undefined } | undefined;
  private made: CompiledSchema | Error | undefined;

  constructor(
    private readonly schema: JsonValue,
    private readonly oversize?: string,
  ) {}

  get fault(): string | undefined {
    this.judged ??= { fault: this.oversize ?? faultOf(this.schema) ?? messageOf(this.compiled) };
    return this.judged.fault;
  }

  get compiled(): CompiledSchema | Error {
    this.made ??= this.oversize === undefined ? generate(this.schema) : new Error(this.oversize);
    return this.made;
  }
}

function knownOf(schema: JsonValue): KnownSchema {
  if (typeof schema !== 'object' || schema === null) return new KnownSchema(schema);
  const before = keptByIdentity.get(schema);
  if (before) return before;
  const oversize = oversizeOf(schema);
  const known = oversize
    ? new KnownSchema(schema, oversize)
    : kept.get(hashJson(schema), () => new KnownSchema(structuredClone(schema)));
  keptByIdentity.set(schema, known);
  return known;
}

function oversizeOf(schema: JsonValue): string | undefined {
  if (depthExceeds(schema, SCHEMA_DEPTH_MAX)) return `A schema may be nested ${SCHEMA_DEPTH_MAX} levels deep.`;
  const bytes = Buffer.byteLength(JSON.stringify(schema));
  return bytes > SCHEMA_BYTES_MAX ? `A schema may have ${SCHEMA_BYTES_MAX} bytes; this has ${bytes}.` : undefined;
}

const depthExceeds = (value: JsonValue, levels: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some((child) => depthExceeds(child, levels - 1)));

function faultOf(schema: JsonValue): string | undefined {
  if (typeof schema !== 'boolean' && (typeof schema !== 'object' || schema === null || Array.isArray(schema))) {
    return 'A schema is an object.';
  }
  if (typeof schema === 'object' && '$async' in schema) return 'A schema may not be asynchronous.';
  try {
    return metaschema.validateSchema(schema) === true ? undefined : metaschema.errorsText();
  } catch (error) {
    return textOf(error);
  }
}

function generate(schema: JsonValue): CompiledSchema | Error {
  try {
    return new AjvSchema(generator().compile(schema as JsonObject));
  } catch (error) {
    return new Error(textOf(error));
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const messageOf = (compiled: CompiledSchema | Error): string | undefined =>
  compiled instanceof Error ? compiled.message : undefined;

// One for each schema, so that no two contracts can meet in an $id. Unknown keywords are allowed, as JSON Schema says;
// no loader is given, so a $ref to anywhere else does not resolve.
const generator = (): Ajv2020 =>
  addFormats(new Ajv2020({ allErrors: true, strict: false, logger: false, meta: false, validateSchema: false }));

class AjvSchema implements CompiledSchema {
  constructor(private readonly validate: ValidateFunction) {}

  violationsOf(value: JsonValue): readonly SchemaViolation[] {
    try {
      if (this.validate(value)) return [];
      return (this.validate.errors ?? []).slice(0, VIOLATIONS_MAX).map(violationOf);
    } catch (error) {
      // A schema that refers to itself without going deeper overflows the stack; no value can satisfy it.
      return [{ pointer: '', keyword: 'schema', message: `cannot be checked: ${(error as Error).message}` }];
    }
  }
}

function violationOf(error: ErrorObject): SchemaViolation {
  const params = error.params as Readonly<Record<string, unknown>>;
  const property = params.missingProperty ?? params.additionalProperty ?? params.unevaluatedProperty;
  const pointer = typeof property === 'string' ? childPointer(error.instancePath, property) : error.instancePath;
  return { pointer, keyword: error.keyword, message: `${error.message ?? 'is not valid'}${detailOf(error, property)}` };
}

function detailOf(error: ErrorObject, property: unknown): string {
  if (typeof property === 'string' && error.keyword !== 'required') return `: '${property}'`;
  if (error.keyword === 'enum') return `: ${JSON.stringify(error.params.allowedValues)}`;
  return '';
}
