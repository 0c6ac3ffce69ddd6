import { freshDatabase, type TestDatabase } from '../support/database';
import { PatchedDatabase } from './patched-database';
import { RealStore } from './real-store';
import { walk } from './twin-walk';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
  await RealStore.prepare(database.client);
});
afterAll(() => database.drop());
it('x', async () => {
    const real = new RealStore(database.client, new PatchedDatabase(database.url));
    const bad: string[] = [];
      for (let seed = 0; seed < 400; seed++) await walk(real, seed).catch((e) => {  bad.push(`SEED ${seed} ${e}`); });
      process.stderr.write(bad.join('\n\n'));
      await real.close();
  }, 400000);
