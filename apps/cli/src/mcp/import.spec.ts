import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ACT, FickleServer } from '../../../../test/support/mcp/servers';
import { run } from '../program';
import { PLAIN } from '../render/paint';

jest.setTimeout(60_000);

let server: FickleServer;
let folder: string;
beforeAll(() => {
  server = new FickleServer(ACT, { ...ACT, name: 'delete-all', annotations: { destructiveHint: true } });
  folder = mkdtempSync(join(tmpdir(), 'mcp-import-'));
});
afterAll(async () => {
  await server.remove();
  rmSync(folder, { recursive: true });
});

async function muster(...argv: string[]) {
  const lines: string[] = [];
  const note = (more: string | readonly string[]) => void lines.push(...[more].flat());
  const exitCode = await run(argv, {
    env: { MCP_SERVERS: JSON.stringify({ fickle: { command: server.command } }), MUSTER_DATA_DIR: folder },
    cwd: folder,
    programName: 'muster',
    terminal: { out: note, err: note, paint: PLAIN, paintErr: PLAIN, liveBlock: () => undefined },
    interrupted: new AbortController().signal,
  });
  return { exitCode, said: lines.join('\n') };
}

describe('muster mcp import', () => {
  it('writes contracts for what was named, and denies the rest', async () => {
    const { exitCode, said } = await muster('mcp', 'import', 'fickle', '--effect', 'act=probed', '--out', 'contracts');

    expect(exitCode).toBe(0);
    expect(said).toMatch(/delete-all +destructive +denied/);
    const contract = JSON.parse(readFileSync(join(folder, 'contracts/fickle.act.json'), 'utf8'));
    expect(contract).toMatchObject({ effect: 'probed', transport: { type: 'mcp', server: 'fickle', tool: 'act' } });
    expect(existsSync(join(folder, 'contracts/fickle.delete-all.json'))).toBe(false);
  });

  it.each([
    ['a tool that the server has not', ['--effect', 'akt=none'], /no tool 'akt'/],
    ['a class that there is not', ['--effect', 'act=safe'], /none, transactional, keyed, probed, opaque/],
    ['transactional', ['--effect', 'act=transactional'], /only adapters inside Muster/],
    ['keyed without a window', ['--effect', 'act=keyed'], /--dedupe-window/],
    ['probed without a place for the probe', ['--effect', 'act=probed'], /--out/],
  ])('refuses %s', async (_what, options, why) => {
    const { exitCode, said } = await muster('mcp', 'import', 'fickle', ...options);

    expect(exitCode).toBe(2);
    expect(said).toMatch(why);
  });

  it('refuses a server that nobody configured', async () => {
    expect(await muster('mcp', 'list', 'other')).toMatchObject({
      exitCode: 2,
      said: expect.stringContaining('fickle'),
    });
  });
});
