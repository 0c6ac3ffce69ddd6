import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findConnection } from './connection';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'muster-connection-'));
});
afterEach(() => rmSync(home, { recursive: true }));

function connectionIn(...folders: string[]): string {
  const folder = join(home, ...folders);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'connection.json'), '{"url":"http://127.0.0.1:4711","key":"k1"}');
  return folder;
}

describe('a command below a folder with a running Muster', () => {
  it('finds it upward', () => {
    connectionIn('.muster');
    mkdirSync(join(home, 'a/b'), { recursive: true });

    const found = findConnection({}, {}, join(home, 'a/b'));

    expect(found).toMatchObject({
      url: 'http://127.0.0.1:4711',
      key: 'k1',
      source: join(home, '.muster/connection.json'),
    });
  });

  it('lets the environment win over the file, and flags over both', () => {
    connectionIn('.muster');
    const env = { MUSTER_URL: 'http://127.0.0.1:1', MUSTER_KEY: 'k2' };

    expect(findConnection({}, env, home)).toMatchObject({ url: 'http://127.0.0.1:1', key: 'k2' });
    expect(findConnection({ url: 'http://127.0.0.1:2', key: 'k3' }, env, home)).toMatchObject({
      url: 'http://127.0.0.1:2',
      key: 'k3',
    });
  });

  it('does not send its key to another address', () => {
    connectionIn('.muster');

    expect(findConnection({ url: 'http://elsewhere:1' }, {}, home).key).toBeUndefined();
    expect(findConnection({ url: 'http://127.0.0.1:4711/' }, {}, home).key).toBe('k1');
  });

  it('looks where MUSTER_DATA_DIR points, and nowhere else', () => {
    connectionIn('.muster');
    const other = connectionIn('other');

    expect(findConnection({}, { MUSTER_DATA_DIR: 'other' }, home).source).toBe(join(other, 'connection.json'));
    expect(findConnection({}, { MUSTER_DATA_DIR: 'none' }, home).source).toBe('the default');
  });
});

describe('an address that is none', () => {
  it('is refused with an example', () => {
    expect(() => findConnection({ url: 'localhost:1' }, {}, home)).toThrow(/http:\/\/127\.0\.0\.1/);
  });
});

describe('a connection file that is cut off', () => {
  it('is named', () => {
    const folder = connectionIn('.muster');
    writeFileSync(join(folder, 'connection.json'), '{"url":');

    expect(() => findConnection({}, {}, home)).toThrow(/connection\.json cannot be read/);
  });
});
