import type { Muster } from '../../../test/support/muster';

/** Copies of one template in a statement: some seconds each, so that progress is seen. */
const COPIES_AT_ONCE = 5_000;
/** What belongs to a task, with the columns that hold ids of this task's things; `ids` are arrays of them. */
const TABLES: readonly { readonly name: string; readonly id: readonly string[]; readonly ids?: readonly string[] }[] = [
  { name: 'task', id: ['id', 'verdict_id'] },
  { name: 'task_plan', id: ['task_id'] },
  { name: 'task_label', id: ['task_id'] },
  { name: 'step', id: ['id', 'task_id', 'parent_id', 'after_step', 'operation_id'], ids: ['needs', 'dependants'] },
  { name: 'operation', id: ['id', 'task_id', 'step_id'] },
  { name: 'event', id: ['task_id'] },
];
/** Unique among all tasks; a copy has none. */
const LEFT_OUT = ['idempotency_key'];
/** The id of the n-th copy: as time-ordered as the original, some milliseconds older with every copy. */
const COPIED_ID = `
create or replace function bench_copied_id(id uuid, n bigint) returns uuid immutable parallel safe language sql as $$
  select (lpad(to_hex(('x' || substr(replace(id::text, '-', ''), 1, 12))::bit(48)::bigint - n * 3), 12, '0')
    || '7' || substr(md5(id::text || n::text), 1, 3) || '8' || substr(md5(id::text || n::text), 4, 15))::uuid $$`;

/**
 * Fills the tables with copies of tasks that really ran: the same rows, under ids of their own. Their histories carry the
 * hashes of the originals, so that only `verify` would tell them from tasks that ran.
 */
export async function seedFinishedTasks(
  muster: Muster,
  templates: readonly string[],
  count: number,
  tell: (done: number) => void,
): Promise<void> {
  await muster.rows(COPIED_ID);
  const statements = await Promise.all(TABLES.map((table) => copyStatement(muster, table)));
  const uuids = templates.map(uuidOf);
  for (let done = 0; done < count; done += COPIES_AT_ONCE) {
    tell(done);
    const last = Math.min(count, done + COPIES_AT_ONCE);
    // Triggers and foreign keys looked at the originals; a copy of what they let pass needs no second look.
    await muster.sql.query(
      [
        'begin',
        'set local session_replication_role = replica',
        ...statements.map((one) => filled(one, uuids, done, last)),
        'commit',
      ].join(';\n'),
    );
  }
  await muster.rows('vacuum analyze');
}

async function copyStatement(muster: Muster, { name, id, ids = [] }: (typeof TABLES)[number]): Promise<string> {
  const columns = await muster.rows<{ name: string }>(
    "select column_name as name from information_schema.columns where table_schema = 'public' and table_name = $1 and is_generated = 'NEVER'",
    name,
  );
  const kept = columns.map((column) => column.name).filter((column) => !LEFT_OUT.includes(column));
  const value = (column: string): string => {
    if (id.includes(column)) return `bench_copied_id(o.${column}, n)`;
    if (!ids.includes(column)) return `o.${column}`;
    return `array(select bench_copied_id(x, n) from unnest(o.${column}) with ordinality as u (x, place) order by place)`;
  };
  const owner = name === 'task' ? 'id' : 'task_id';
  return `insert into ${name} (${kept.join(', ')}) select ${kept.map(value).join(', ')}
    from generate_series($first, $last) n join ${name} o on o.${owner} = ($templates)[1 + n % $templatesCount]`;
}

const filled = (statement: string, templates: readonly string[], first: number, last: number): string =>
  statement
    .replace('$first', String(first + 1))
    .replace('$last', String(last))
    .replace('$templatesCount', String(templates.length))
    .replace('$templates', `array['${templates.join("','")}']::uuid[]`);

const uuidOf = (shown: string): string =>
  shown.slice(shown.indexOf('_') + 1).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
