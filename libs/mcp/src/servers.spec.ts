import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readMcpServers } from './servers';

const VARIABLES = { DOCS_TOKEN: 's3cret' };
const read = (servers: object) => readMcpServers(JSON.stringify(servers), VARIABLES);

describe("the operator's MCP servers", () => {
  it('are none where nothing is set', () => {
    expect(readMcpServers(undefined).size).toBe(0);
    expect(readMcpServers(' ').size).toBe(0);
  });

  it('are started, or reached, with secrets that stand in variables', () => {
    const servers = read({
      memory: { command: ['node', 'memory.js'], cwd: '/srv', env: { FILE: '/srv/m.json', KEY: 'k-${DOCS_TOKEN}' } },
      docs: { url: 'https://docs.test/mcp', headers: { authorization: 'Bearer ${DOCS_TOKEN}' } },
    });

    expect(servers.get('memory')).toEqual({
      kind: 'stdio',
      command: ['node', 'memory.js'],
      cwd: '/srv',
      env: { FILE: '/srv/m.json', KEY: 'k-s3cret' },
    });
    expect(servers.get('docs')).toEqual({
      kind: 'http',
      url: 'https://docs.test/mcp',
      headers: { authorization: 'Bearer s3cret' },
    });
  });

  it('may stand in a file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'mcp-servers-'));
    const file = join(folder, 'servers.json');
    writeFileSync(file, JSON.stringify({ docs: { url: 'http://docs.test/' } }));

    expect([...readMcpServers(file).keys()]).toEqual(['docs']);
    rmSync(folder, { recursive: true });
  });

  it.each<[string, object, RegExp]>([
    ['have a bad name', { 'Not a name': { url: 'http://a/' } }, /no name of a server/],
    ['have neither command nor address', { a: {} }, /a.command/],
    ['have an empty command', { a: { command: [] } }, /a.command/],
    ['are a shell line', { a: { command: 'node memory.js' } }, /a.command/],
    ['run in a relative folder', { a: { command: ['node'], cwd: 'here' } }, /a.cwd/],
    ['have a member nobody knows', { a: { command: ['node'], args: [] } }, /"args"/],
    ['have another scheme', { a: { url: 'ftp://a/' } }, /a.url/],
    ['have a password in the address', { a: { url: 'http://u:p@a/' } }, /a.url/],
    ['name a variable that is not set', { a: { url: 'http://a/', headers: { x: '${NOWHERE}' } } }, /NOWHERE/],
    ['have a header that is no text', { a: { url: 'http://a/', headers: { x: 1 } } }, /a.headers.x/],
  ])('are refused at the start when they %s', (_how, servers, why) => {
    expect(() => read(servers)).toThrow(why);
    expect(() => read(servers)).toThrow(/MCP_SERVERS/);
  });

  it('are refused when they cannot be read', () => {
    expect(() => readMcpServers('{')).toThrow(/no JSON/);
    expect(() => readMcpServers('/nowhere/servers.json')).toThrow(/cannot be read/);
  });
});
