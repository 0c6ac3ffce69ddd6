import { PostgresCluster } from '../../../../test/support/postgres-cluster';
import { Database } from '../database';
import { DatabaseUnavailable, DataRefused } from '../database-faults';
import { migrate } from '../migrate';
import { typedRead } from './typed-read';

describe('a read through Prisma', () => {
  it('rejects with the same faults as a named statement does', async () => {
    const cluster = await PostgresCluster.start();
    await migrate(cluster.url);
    const database = new Database({ url: cluster.url, name: 'test' });
    const read = (tenantId: string) =>
      typedRead(database, (prisma) => prisma.tool.findFirst({ where: { tenantId } })).catch((error: unknown) => error);

    expect(await read('default')).toBeNull();
    expect(await read('\u0000')).toBeInstanceOf(DataRefused);
    await cluster.stop();
    expect(await read('default')).toBeInstanceOf(DatabaseUnavailable);
    expect(await read('default')).toBeInstanceOf(DatabaseUnavailable);

    await database.close();
  }, 30_000);
});
