import { Fault, LIMITS } from '@muster/domain';
import { plainToInstance } from 'class-transformer';
import { IsArray, IsIn, IsInt, IsOptional, IsString, Matches, Max, Min, validateSync } from 'class-validator';
import { type ModelSettings, readModels } from './models.setting';
import { Env, variables } from './variable';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Of the queues' keys, where no other is given. */
export const QUEUE_PREFIX = 'muster';

/** What an operator may change, read once from the environment at start. Durations are milliseconds. */
export class Config {
  @Env('NODE_ENV', 'production refuses the development key and an evicting Redis.', { fallback: 'development' })
  @IsIn(['development', 'production', 'test'])
  nodeEnv: 'development' | 'production' | 'test';

  @Env('DATABASE_URL', 'Postgres 15 or later, the truth. Its user needs the roles muster_* that the migrations create.')
  @Matches(/^postgres(ql)?:\/\//, { message: 'must be a URL that begins with postgresql://' })
  databaseUrl: string;

  @Env(
    'REDIS_URL',
    'Redis 6.2 or Valkey for the queues. Without it BullMQ works on DATABASE_URL, in its schema bullmq.',
  )
  @IsOptional()
  @Matches(/^rediss?:\/\//, { message: 'must be a URL that begins with redis:// or rediss://' })
  redisUrl?: string;

  @Env('QUEUE_PREFIX', "Names the runtime's keys in a Redis that others use too.", {
    fallback: QUEUE_PREFIX,
  })
  @Matches(/^[A-Za-z0-9_-]+$/, { message: 'may hold letters, digits, _ and - only' })
  queuePrefix: string;

  @Env('DATABASE_POOL_MAX', 'Connections to Postgres of one process.', {
    as: 'number',
    unit: 'connections',
    fallback: '10',
  })
  @IsInt()
  @Min(2)
  @Max(1_000)
  databasePoolMax: number;

  @Env('MUSTER_HOST', 'The address that the coordinator and the console listen on.', { fallback: '127.0.0.1' })
  @IsString()
  host: string;

  @Env('MUSTER_PORT', "The coordinator's HTTP port; 0 takes any free one.", { as: 'number', fallback: '7400' })
  @IsInt()
  @Min(0)
  @Max(65_535)
  port: number;

  @Env('MUSTER_CONSOLE_PORT', "The operator console's HTTP port; 0 takes any free one.", {
    as: 'number',
    fallback: '7401',
  })
  @IsInt()
  @Min(0)
  @Max(65_535)
  consolePort: number;

  @Env(
    'MUSTER_HEALTH_PORT',
    'Where planner, executor and verifier answer /health and /metrics; 0 takes any free one.',
    { as: 'number', fallback: '0' },
  )
  @IsInt()
  @Min(0)
  @Max(65_535)
  healthPort: number;

  @Env('MUSTER_HEALTH_HOST', 'The address of that port; 0.0.0.0 where a kubelet or Prometheus must reach it.', {
    fallback: '127.0.0.1',
  })
  @IsString()
  healthHost: string;

  @Env('LOG_LEVEL', `One of ${LOG_LEVELS.join(', ')}.`, { fallback: 'info' })
  @IsIn(LOG_LEVELS)
  logLevel: LogLevel;

  @Env('LEASE_TTL_MS', 'How long a worker counts as alive after its last heartbeat. It stops sending at half of it.', {
    as: 'number',
    unit: 'ms',
    fallback: '10000',
  })
  @IsInt()
  @Min(1_000)
  @Max(600_000)
  leaseTtlMs: number;

  @Env('HEARTBEAT_MS', 'How often a worker renews its lease; at most a quarter of the lease.', {
    as: 'number',
    unit: 'ms',
    fallback: '2000',
  })
  @IsInt()
  @Min(100)
  heartbeatMs: number;

  @Env('SWEEP_MS', 'How often a coordinator looks for rows that are past due.', {
    as: 'number',
    unit: 'ms',
    fallback: '500',
  })
  @IsInt()
  @Min(50)
  @Max(60_000)
  sweepMs: number;

  @Env(
    'WORKER_LOST_GRACE_MS',
    'How long a worker whose lock fell may take to come back before its steps are taken over.',
    { as: 'number', unit: 'ms', fallback: '1000' },
  )
  @IsInt()
  @Min(0)
  workerLostGraceMs: number;

  @Env('RUN_CONCURRENCY', 'Runs of steps that one executor works on at the same time.', {
    as: 'number',
    unit: 'runs',
    fallback: '1024',
  })
  @IsInt()
  @Min(1)
  @Max(10_000)
  runConcurrency: number;

  @Env('EXECUTOR_LANES', 'The lanes an executor serves; a slow tool gets a lane of its own.', {
    as: 'list',
    fallback: 'default',
  })
  @IsArray()
  @Matches(/^[a-z0-9]+([._-][a-z0-9]+)*$/, { each: true, message: 'must be lane names such as default,slow' })
  executorLanes: string[];

  @Env('TENANT_WINDOW', 'Steps of one tenant in flight; the rest of its backlog waits in Postgres.', {
    as: 'number',
    unit: 'steps',
    fallback: String(LIMITS.TENANT_WINDOW),
  })
  @IsInt()
  @Min(1)
  tenantWindow: number;

  @Env(
    'RETENTION_DAYS',
    'Finished tasks leave the database so long after their end (docs/operations.md). Without it they are kept for ever.',
    { as: 'number', unit: 'days' },
  )
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(36_500)
  retentionDays?: number;

  @Env(
    'EGRESS_ALLOW',
    'Private hosts and CIDR ranges that tools may call all the same; public addresses are always allowed.',
    { as: 'list', fallback: '' },
  )
  @IsArray()
  @IsString({ each: true })
  egressAllow: string[];

  @Env('PROCESS_ALLOW', 'Programs that a tool of transport process may run.', { as: 'list', fallback: '' })
  @IsArray()
  @IsString({ each: true })
  processAllow: string[];

  @Env(
    'EXECUTOR_FUNCTIONS',
    'Modules whose functions an executor calls as tools of transport function: absolute paths (docs/functions.md).',
    { as: 'list', fallback: '' },
  )
  @IsArray()
  @Matches(/^\//, { each: true, message: 'must be absolute paths such as /srv/tools.mjs' })
  executorFunctions: string[];

  @Env(
    'MODELS',
    'The models that agents and the planner may call: JSON, or the path of a JSON or YAML file (docs/models.md). It names the variables that hold keys, never a key.',
  )
  @IsOptional()
  @IsString()
  modelsSource?: string;

  @Env(
    'PLANNER_MODEL',
    'The model that makes plans of goals; default: the one named `planner`, else the first of MODELS.',
  )
  @IsOptional()
  @IsString()
  plannerModel?: string;

  /** What MODELS says, by the names that agents use; empty where it says nothing. */
  models: ModelSettings;

  @Env(
    'MCP_SERVERS',
    'The MCP servers whose tools may be called: JSON, or the path of a file that holds it (docs/mcp.md).',
  )
  @IsOptional()
  @IsString()
  mcpServers?: string;
}

/** The environment does not add up; the message lists every problem at once. */
export class ConfigInvalid extends Fault {
  readonly code = 'CONFIG_INVALID';
  readonly retryable = false;
  constructor(readonly problems: readonly string[]) {
    super(
      `The configuration has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n${problems.map((line) => `  - ${line}`).join('\n')}\n`,
      'Correct the environment; .env.example explains every variable.',
    );
  }
}

/** Reads and checks the environment; throws `ConfigInvalid` with every problem. An empty text counts as not given. */
export function loadConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const config = plainToInstance(Config, given(env), { excludeExtraneousValues: true });
  const reading = readModels(config.modelsSource);
  config.models = reading.models;
  const problems = [
    ...ruleProblems(config),
    ...relationProblems(config),
    ...reading.problems,
    ...plannerProblems(config, reading.problems.length > 0),
  ];
  if (problems.length > 0) throw new ConfigInvalid(problems);
  return Object.freeze(config);
}

function given(env: NodeJS.ProcessEnv): Record<string, string> {
  const values: Record<string, string> = {};
  for (const { name, fallback } of variables()) {
    const value = env[name] || fallback;
    if (value !== undefined) values[name] = value;
  }
  return values;
}

function ruleProblems(config: Config): string[] {
  return validateSync(config).map((error) => {
    const name = variables().find((variable) => variable.property === error.property)?.name ?? error.property;
    if (error.value === undefined) return `${name} is not set.`;
    const reasons = Object.values(error.constraints ?? {}).map((reason) => reason.replace(`${error.property} `, ''));
    return `${name} is ${JSON.stringify(error.value)}; it ${reasons.join(' and ')}.`;
  });
}

function plannerProblems({ plannerModel, models }: Config, isUnread: boolean): string[] {
  if (plannerModel === undefined || isUnread || Object.hasOwn(models, plannerModel)) return [];
  return [`PLANNER_MODEL is ${JSON.stringify(plannerModel)}; MODELS has: ${Object.keys(models).join(', ') || 'none'}.`];
}

// A lease that is renewed fewer than four times cannot lose a heartbeat without losing its worker.
function relationProblems(config: Config): string[] {
  if (config.heartbeatMs * 4 <= config.leaseTtlMs) return [];
  return [
    `HEARTBEAT_MS is ${config.heartbeatMs}; it must be at most a quarter of LEASE_TTL_MS (${config.leaseTtlMs}).`,
  ];
}

/** The text of `.env.example`, so that it cannot drift from the class above. */
export function envExample(): string {
  const blocks = variables().map(({ name, comment, unit, fallback }) =>
    [
      `# ${comment}${unit ? ` Unit: ${unit}.` : ''}`,
      fallback === undefined ? `# ${name}=` : `${name}=${fallback}`,
    ].join('\n'),
  );
  return `# Every variable the services read, with its default. Generated from libs/chassis/src/config.ts.\n\n${blocks.join('\n\n')}\n`;
}
