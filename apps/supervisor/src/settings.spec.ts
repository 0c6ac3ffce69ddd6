import { join } from 'node:path';
import { readSettings } from './settings';

describe('the settings of the embedded profile', () => {
  it('keep everything in .muster of the project', () => {
    const { folder, root, logs, postgresPort } = readSettings({});

    expect(folder).toBe(join(root, '.muster'));
    expect(logs).toBe(join(folder, 'logs'));
    expect(postgresPort).toBe(0);
  });

  it('take a data folder as seen from where they were given', () => {
    expect(readSettings({ MUSTER_DATA_DIR: 'mine' }, '/srv').folder).toBe('/srv/mine');
  });

  it('refuse a port that is none', () => {
    expect(() => readSettings({ MUSTER_PG_PORT: '70000' })).toThrow(/MUSTER_PG_PORT/);
  });
});
