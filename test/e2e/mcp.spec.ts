import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gather } from '@muster/client';
import { aPlan, aStep } from '../support/builders';
import { ACT, everythingOverHttp, FickleServer, referenceServer } from '../support/mcp/servers';
import { Muster } from '../support/muster';
import { until } from '../support/until';

const CLI = join(__dirname, '../../dist/apps/cli/src/main.js');
jest.setTimeout(120_000);

let folder: string;
let fickle: FickleServer;
let web: Awaited<ReturnType<typeof everythingOverHttp>>;
let servers: string;
let muster: Muster;

beforeAll(async () => {
  // As the file system has it: the server compares real paths.
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'mcp-files-')));
  fickle = new FickleServer(ACT, { ...ACT, name: 'look' });
  web = await everythingOverHttp();
  servers = join(folder, 'servers.json');
  const configured = {
    everything: { command: referenceServer('everything') },
    files: { command: referenceServer('filesystem', folder) },
    memory: { command: referenceServer('memory'), env: { MEMORY_FILE_PATH: join(folder, 'memory.jsonl') } },
    web: { url: web.url },
    fickle: { command: fickle.command },
  };
  writeFileSync(servers, JSON.stringify(configured));
  muster = await Muster.start({ env: { MCP_SERVERS: servers } });
  await imported('everything', 'get-structured-content=none', 'get-env=none', 'echo=none');
  await imported('web', 'get-sum=none');
  await imported('files', 'write_file=opaque', 'read_text_file=none');
  await imported('memory', 'create_entities=opaque', 'read_graph=none');
  await imported('fickle', 'act=opaque');
});
afterEach(() => muster.expectNoBreach());
afterAll(async () => {
  await muster.stop();
  await Promise.all([fickle.remove(), web.stop()]);
  rmSync(folder, { recursive: true, force: true });
});

async function imported(server: string, ...effects: string[]): Promise<string> {
  const options = effects.flatMap((effect) => (effect.startsWith('--') ? effect.split(' ') : ['--effect', effect]));
  const env = { PATH: process.env.PATH, MUSTER_URL: muster.client.url, MUSTER_KEY: muster.key, MCP_SERVERS: servers };
  const run = promisify(execFile)(process.execPath, [CLI, 'mcp', 'import', server, ...options], { env, cwd: folder });
  return (await run).stdout;
}

/** Runs a plan of one step and gives the step's output. */
async function outputOf(tool: string, input: object): Promise<unknown> {
  const running = await muster.submit(aPlan(aStep(tool, { id: 'it', input: input as never })));
  await running.reaches('completed');
  return (await running.steps()).it?.output;
}

describe('an import', () => {
  it('registers what a person gave an effect class, and nothing else', async () => {
    const names = (await gather(muster.client.tools.list())).map(({ name }) => name);

    expect(names).toContain('memory.read_graph');
    expect(names.filter((name) => name.startsWith('memory.'))).toHaveLength(2);
    await expect(muster.submit(aPlan(aStep('memory.delete_entities')))).rejects.toMatchObject({ status: 422 });
  });

  it('shows what the server claims, and takes none of it for an effect class', async () => {
    const said = await imported('memory');

    expect(said).toMatch(/read_graph +read-only, idempotent +denied/);
    expect(said).toContain('Nothing was imported');
  });
});

describe('the reference server everything', () => {
  it('gives structured content that the next step reads', async () => {
    const weather = aStep('everything.get-structured-content', { id: 'weather', input: { location: 'Chicago' } });
    const echo = aStep('everything.echo', {
      id: 'echo',
      input: { message: 'It is ${{ steps.weather.output.temperature }} degrees.' },
    });

    const running = await muster.submit(aPlan(weather, echo));

    await running.reaches('completed');
    expect((await running.steps()).echo?.output).toMatchObject({
      content: [{ type: 'text', text: 'Echo: It is 36 degrees.' }],
    });
  });

  it('adds over streamable HTTP, too', async () => {
    expect(await outputOf('web.get-sum', { a: 2, b: 40 })).toMatchObject({
      content: [{ text: 'The sum of 2 and 40 is 42.' }],
    });
  });

  it('sees nothing of the executor that holds a secret', async () => {
    const said = JSON.stringify(await outputOf('everything.get-env', {}));

    expect(said).toContain('PATH');
    expect(said).not.toMatch(/DATABASE_URL|REDIS_URL|postgresql:/);
  });

  it('is not asked with arguments that its schema refuses', async () => {
    const step = aStep('everything.get-structured-content', { input: { location: '${{ input.city }}' } });

    const running = await muster.submit(aPlan(step), { input: { city: 'Atlantis' } });

    expect((await running.reaches('failed')).failure).toMatchObject({ exitReason: 'input_invalid' });
    expect(await running.operations()).toEqual([]);
  });
});

describe('the reference server filesystem', () => {
  it('writes where it may', async () => {
    const path = join(folder, 'note.txt');

    await outputOf('files.write_file', { path, content: 'kept' });

    expect(readFileSync(path, 'utf8')).toBe('kept');
  });

  it('leaves a failed write to a person, since its error does not say how far it came', async () => {
    const path = join(tmpdir(), `outside-${process.pid}.txt`);

    const running = await muster.submit(aPlan(aStep('files.write_file', { input: { path, content: 'lost' } })));

    expect(await running.isParked()).toBe('outcome_unknown');
    expect(existsSync(path)).toBe(false);
    const { id } = await running.operation();
    const resolution = { outcome: 'absent', evidence: { file: 'absent' }, reason: 'It was refused.' } as const;
    await muster.client.operations.resolve(id, resolution);
  });

  it('fails a read for good, in its own words, and is not asked again', async () => {
    const running = await muster.submit(aPlan(aStep('files.read_text_file', { input: { path: '/etc/hostname' } })));

    const { failure } = await running.reaches('failed');
    expect(failure).toMatchObject({ exitReason: 'mcp_tool_error', message: expect.stringContaining('Access denied') });
    expect(await running.operation()).toMatchObject({ state: 'failed', sendings: 1 });
  });
});

describe('the reference server memory', () => {
  it('keeps what one step tells it and gives it to the next', async () => {
    const entity = { name: 'Ada', entityType: 'person', observations: ['counts'] };
    const tell = aStep('memory.create_entities', { id: 'tell', input: { entities: [entity] } });
    const ask = aStep('memory.read_graph', { id: 'ask', needs: ['tell'] });

    const running = await muster.submit(aPlan(tell, ask));

    await running.reaches('completed');
    expect((await running.steps()).ask?.output).toEqual({ entities: [entity], relations: [] });
  });
});

describe('a server that cannot be relied on', () => {
  it('is asked under the id of the operation', async () => {
    const running = await muster.submit(aPlan(aStep('fickle.act')));
    await running.reaches('completed');

    const { id } = await running.operation();
    expect(fickle.calls.at(-1)?.meta).toMatchObject({ 'muster/operationId': id, 'muster/taskId': running.id });
  });

  it('leaves an opaque call to a person when it is killed under it, and serves the next one', async () => {
    const sent = fickle.calls.length;
    const running = await muster.submit(aPlan(aStep('fickle.act', { input: { do: 'hang' } })));
    const { pid } = await until(() => fickle.calls[sent], { what: 'the call' });

    process.kill(pid, 'SIGKILL');

    expect(await running.isParked()).toBe('outcome_unknown');
    expect(await outputOf('fickle.act', {})).toEqual({ done: true });
    expect(fickle.calls.filter((call) => call.arguments?.do === 'hang')).toHaveLength(1);
  });

  it('is not believed when its result breaks its own schema', async () => {
    const running = await muster.submit(aPlan(aStep('fickle.act', { input: { do: 'wrong' } })));

    expect((await running.reaches('failed')).failure).toMatchObject({ exitReason: 'output_invalid' });
    expect(await running.operation()).toMatchObject({ state: 'succeeded', output: { done: 7 } });
  });

  it('is not called once its schema has changed, until a person registers a new version', async () => {
    const inputSchema = { type: 'object', properties: { do: { type: 'string' }, force: { type: 'boolean' } } };
    fickle.list({ ...ACT, inputSchema });
    await until(
      async () => {
        const running = await muster.submit(aPlan(aStep('fickle.act')));
        return (await running.rests()).state === 'failed';
      },
      { what: 'the change being noticed' },
    );
    const sent = fickle.calls.length;

    const refused = await muster.submit(aPlan(aStep('fickle.act')));

    const { failure } = await refused.reaches('failed');
    expect(failure).toMatchObject({
      exitReason: 'mcp_drift',
      message: expect.stringContaining('/properties/force is new'),
    });
    expect(fickle.calls).toHaveLength(sent);

    await imported('fickle', 'act=opaque', '--as-version 2');
    expect(await outputOf('fickle.act', {})).toEqual({ done: true });
  });
});
