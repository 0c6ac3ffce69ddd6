import { ConfigInvalid, envExample, loadConfig } from './config';
import { variables } from './variable';

const DATABASE_URL = 'postgresql://127.0.0.1:5432/muster';

function problemsOf(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigInvalid) return error.problems;
    throw error;
  }
}

describe('an environment with nothing but a database', () => {
  it('is enough: everything else has a default', () => {
    const config = loadConfig({ DATABASE_URL });

    expect(config).toMatchObject({ port: 7400, leaseTtlMs: 10_000, executorLanes: ['default'], egressAllow: [] });
    expect(config.redisUrl).toBeUndefined();
  });

  it('cannot be changed after the start', () => {
    const config = loadConfig({ DATABASE_URL });

    expect(() => Object.assign(config, { port: 1 })).toThrow(TypeError);
  });
});

describe('an environment that does not add up', () => {
  it('is refused with every problem at once, each with the name of its variable', () => {
    const problems = problemsOf({ MUSTER_PORT: 'http', LOG_LEVEL: 'loud', REDIS_URL: '127.0.0.1:6379' });

    expect(problems).toHaveLength(4);
    expect(problems.join('\n')).toMatch(/DATABASE_URL is not set/);
    expect(problems.join('\n')).toMatch(/MUSTER_PORT is "http"/);
    expect(problems.join('\n')).toMatch(/LOG_LEVEL is "loud"/);
    expect(problems.join('\n')).toMatch(/REDIS_URL is "127.0.0.1:6379"; it must be a URL/);
  });

  it('is refused when a lease cannot outlive a lost heartbeat', () => {
    expect(problemsOf({ DATABASE_URL, LEASE_TTL_MS: '2000', HEARTBEAT_MS: '1000' })).toEqual([
      'HEARTBEAT_MS is 1000; it must be at most a quarter of LEASE_TTL_MS (2000).',
    ]);
  });
});

describe('how long finished tasks are kept', () => {
  it('is for ever, unless it is said in days', () => {
    expect(loadConfig({ DATABASE_URL }).retentionDays).toBeUndefined();
    expect(loadConfig({ DATABASE_URL, RETENTION_DAYS: '30' }).retentionDays).toBe(30);
  });

  it.each(['0', '0.5', '-1', '30d', '36501'])('is not %s', (given) => {
    expect(problemsOf({ DATABASE_URL, RETENTION_DAYS: given })[0]).toMatch(/^RETENTION_DAYS is /);
  });
});

describe('a list', () => {
  it('is split at commas, without blanks and empty parts', () => {
    const config = loadConfig({ DATABASE_URL, EGRESS_ALLOW: ' 10.0.0.0/8, ,tools.internal ' });

    expect(config.egressAllow).toEqual(['10.0.0.0/8', 'tools.internal']);
  });
});

describe('the modules of functions', () => {
  it('are absolute paths', () => {
    expect(loadConfig({ DATABASE_URL, EXECUTOR_FUNCTIONS: '/srv/a.mjs, /srv/b.cjs' }).executorFunctions).toEqual([
      '/srv/a.mjs',
      '/srv/b.cjs',
    ]);
    expect(problemsOf({ DATABASE_URL, EXECUTOR_FUNCTIONS: '/srv/a.mjs,tools.mjs' })).toEqual([
      'EXECUTOR_FUNCTIONS is ["/srv/a.mjs","tools.mjs"]; it must be absolute paths such as /srv/tools.mjs.',
    ]);
  });
});

describe('the example environment', () => {
  it('names every variable with its comment', () => {
    const text = envExample();

    for (const { name, comment } of variables()) {
      expect(text).toContain(`${name}=`);
      expect(text).toContain(comment);
    }
  });
});
