import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from './config';
import { readModels } from './models.setting';

const DATABASE_URL = 'postgresql://127.0.0.1:5432/muster';
const fast = { provider: 'openai-compatible', model: 'gpt-5-mini', baseUrl: 'https://api.openai.com/v1' };

const inline = (models: object) => readModels(JSON.stringify(models));

describe('MODELS', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'muster-models-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('that is not set means no models', () => {
    expect(loadConfig({ DATABASE_URL }).models).toEqual({});
  });

  it('may be JSON', () => {
    const models = {
      fast: { ...fast, apiKeyEnv: 'OPENAI_API_KEY', prices: { inputPerMillion: 0.25, outputPerMillion: 2 } },
    };

    expect(loadConfig({ DATABASE_URL, MODELS: JSON.stringify(models) }).models).toEqual(models);
  });

  it('may be the path of a YAML or a JSON file, whose folder its scripts are meant from', () => {
    writeFileSync(join(folder, 'models.yaml'), 'fast: { provider: scripted, file: scripts/fast.yaml }\n');
    writeFileSync(join(folder, 'models.json'), '{"fast":{"provider":"scripted","file":"scripts/fast.yaml"}}');
    const models = { fast: { provider: 'scripted', file: join(folder, 'scripts/fast.yaml') } };

    expect(readModels('models.yaml', folder)).toEqual({ models, problems: [] });
    expect(readModels(join(folder, 'models.json'))).toEqual({ models, problems: [] });
  });

  it.each<[string, object, RegExp]>([
    [
      'another provider',
      { fast: { ...fast, provider: 'acme' } },
      /at \/fast\/provider: must be one of openai-compatible/,
    ],
    [
      'a server without an address',
      { fast: { ...fast, baseUrl: undefined } },
      /at \/fast\/baseUrl: must have required/,
    ],
    [
      'an address with a password',
      { fast: { ...fast, baseUrl: 'https://a:b@c/v1' } },
      /at \/fast\/baseUrl: must match/,
    ],
    ['Anthropic without a key', { a: { provider: 'anthropic', model: 'x' } }, /at \/a\/apiKeyEnv: must have required/],
    ['a script without a file', { a: { provider: 'scripted' } }, /at \/a\/file: must have required/],
    ['half a price', { fast: { ...fast, prices: { inputPerMillion: 1 } } }, /at \/fast\/prices\/outputPerMillion/],
    ['an unknown member', { fast: { ...fast, temprature: 0 } }, /at \/fast\/temprature: must NOT have additional/],
    ['no calls at all', { fast: { ...fast, maxInFlight: 0 } }, /at \/fast\/maxInFlight: must be >= 1/],
    ['a name that agents cannot write', { 'The Fast': fast }, /at \/The Fast: a name is lower-case/],
  ])('with %s is refused there, with the page that helps', (_what, models, problem) => {
    const { problems } = inline(models);

    expect(problems).toEqual([expect.stringMatching(problem)]);
    expect(problems[0]).toContain('docs/models.md');
  });

  it('repeats no key that stands where it does not belong', () => {
    const problems = [
      ...inline({ fast: { ...fast, apiKeyEnv: 'sk-live-4711' } }).problems,
      ...inline({ fast: { ...fast, apiKey: 'sk-live-4711' } }).problems,
      ...readModels('{"fast": {"apiKey": sk-live-4711}}').problems,
    ];

    expect(problems).toHaveLength(3);
    expect(problems.join()).not.toContain('4711');
  });

  it('that cannot be read stops the start and says where it looked', () => {
    expect(() => loadConfig({ DATABASE_URL, MODELS: join(folder, 'absent.yaml') })).toThrow(
      /absent\.yaml\) cannot be read: ENOENT/,
    );
  });
});
