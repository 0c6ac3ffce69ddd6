import { Database, type NamedSql } from '@muster/persistence';

/** A change of one statement, known by its name: `from` stands there exactly once. */
export interface StatementPatch {
  readonly statement: string;
  readonly from: string;
  readonly to: string;
}

/** Sends one statement otherwise than the product has it, and every other one as it is. */
export class PatchedDatabase extends Database {
  constructor(
    url: string,
    private readonly patch?: StatementPatch,
    poolMax = 2,
  ) {
    super({ url, name: 'twin', poolMax });
  }

  override query<R extends object>(sql: NamedSql, values: readonly unknown[] = []): Promise<R[]> {
    return super.query<R>(this.patch?.statement === sql.name ? patched(sql, this.patch) : sql, values);
  }
}

/** Exactly once, so that a patch cannot rot unnoticed. */
function patched({ name, text }: NamedSql, { from, to }: StatementPatch): NamedSql {
  const times = text.split(from).length - 1;
  if (times !== 1) throw new Error(`The text of a patch stands ${times} times in ${name}, not once: ${from}`);
  return { name, text: text.replace(from, () => to) };
}
