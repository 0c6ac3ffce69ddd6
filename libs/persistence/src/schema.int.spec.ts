import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freshDatabase } from '../../../test/support/database';

const SCHEMA = readFileSync(join(__dirname, '../../../prisma/schema.prisma'), 'utf8');
const JOURNAL = '_prisma_migrations';

/** As Postgres names the types of its columns. */
const TYPES: Record<string, string> = {
  String: 'text',
  Int: 'int4',
  BigInt: 'int8',
  Boolean: 'bool',
  Bytes: 'bytea',
  DateTime: 'timestamptz',
  Json: 'jsonb',
};
const NATIVE_TYPES: Record<string, string> = {
  'db.Uuid': 'uuid',
  'db.SmallInt': 'int2',
  'db.Timestamptz': 'timestamptz',
};

/** `table.column type` with a ? where null is allowed, of everything that schema.prisma says. */
function columnsOfSchema(): string[] {
  return [...SCHEMA.matchAll(/^model \w+ \{\n([\s\S]*?)^\}/gm)].flatMap(([, body = '']) => {
    const table = /@@map\("(\w+)"\)/.exec(body)?.[1];
    return body.split('\n').flatMap((line) => columnOf(line)?.map((column) => `${table}.${column}`) ?? []);
  });
}

function columnOf(line: string): string[] | undefined {
  const [, name = '', type = '', list, optional] = /^ {2}(\w+)\s+(\w+)(\[\])?(\?)?/.exec(line) ?? [];
  if (!TYPES[type]) return undefined;
  const native = Object.entries(NATIVE_TYPES).find(([attribute]) => line.includes(`@${attribute}`))?.[1];
  const column = /@map\("(\w+)"\)/.exec(line)?.[1] ?? name;
  return [`${column} ${list ? '_' : ''}${native ?? TYPES[type]}${optional ?? ''}`];
}

describe('schema.prisma', () => {
  it('says what the migrations made: every table, column, type and null', async () => {
    const test = await freshDatabase();
    const { rows } = await test.client.query<{ column: string }>(
      `select table_name || '.' || column_name || ' ' || udt_name || case is_nullable when 'YES' then '?' else '' end as column
       from information_schema.columns where table_schema = 'public' and table_name <> '${JOURNAL}'`,
    );
    await test.drop();

    expect(columnsOfSchema().sort()).toEqual(rows.map(({ column }) => column).sort());
  });
});
