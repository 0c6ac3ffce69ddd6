import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import 'reflect-metadata';
import { envExample } from '@muster/chassis';
import { parse } from 'yaml';
import { ROOT, textOf } from '../support/source-files';

interface Service {
  readonly image?: string;
  readonly build?: { dockerfile: string; target: string };
  readonly environment?: Record<string, string>;
  readonly depends_on?: Record<string, { condition: string }>;
  readonly healthcheck?: object;
  readonly deploy?: { resources: { limits: object } };
}

const compose = parse(textOf('docker-compose.yml'), { merge: true }) as { services: Record<string, Service> };
const services = Object.entries(compose.services);
const built = services.filter(([, { build }]) => build);
const variables = [...envExample().matchAll(/^(?:# )?([A-Z][A-Z_]+)=/gm)].map((match) => match[1]);
const targets = [...textOf('deploy/Dockerfile').matchAll(/^FROM \S+ AS (\S+)$/gm)].map((match) => match[1]);

describe('docker-compose.yml', () => {
  it.each(built)('builds %s from a target that the Dockerfile has', (_, { build }) => {
    expect(build?.dockerfile).toBe('deploy/Dockerfile');
    expect(targets).toContain(build?.target);
  });

  it.each(built)('gives %s only variables that the services read', (_, { environment }) => {
    expect(variables).toEqual(expect.arrayContaining(Object.keys(environment ?? {})));
  });

  it.each(built.filter(([name]) => name !== 'migrate'))(
    'starts %s after the migrations, checks its health and bounds it',
    (_, service) => {
      expect(service.depends_on?.migrate?.condition).toBe('service_completed_successfully');
      expect(service.healthcheck).toBeDefined();
      expect(service.deploy?.resources.limits).toBeDefined();
    },
  );

  it.each(services)('starts nothing for %s that it does not define', (_, { depends_on }) => {
    expect(Object.keys(compose.services)).toEqual(expect.arrayContaining(Object.keys(depends_on ?? {})));
  });
});

describe('deploy/Dockerfile', () => {
  it('runs only programs that the sources have', () => {
    const programs = [...textOf('deploy/Dockerfile').matchAll(/dist\/(\S+?\/main)\.js/g)].map(
      (match) => `${match[1]}.ts`,
    );

    expect(programs.filter((program) => !existsSync(join(ROOT, program)))).toEqual([]);
  });

  it('never runs a service as root', () => {
    const [, runtime = ''] = textOf('deploy/Dockerfile').split(/ AS runtime$/m);

    expect(runtime).toMatch(/^USER node$/m);
  });
});

describe('nest-cli.json', () => {
  it('knows every app and every library', () => {
    const { projects } = JSON.parse(textOf('nest-cli.json')) as { projects: Record<string, { root: string }> };
    const folders = ['apps', 'libs'].flatMap((side) => readdirSync(join(ROOT, side)).map((name) => `${side}/${name}`));

    expect(
      Object.values(projects)
        .map(({ root }) => root)
        .sort(),
    ).toEqual(folders.sort());
  });
});
