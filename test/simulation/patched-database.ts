import { Database, type NamedSql } from '@muster/persistence';

/** A change of one statement, known by its name up to a colon: `from` stands there once, or in one of its variants. */
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
    const { patch } = this;
    return super.query<R>(patch?.statement === sql.name.split(':')[0] ? patched(sql, patch!) : sql, values);
  }
}

/** At most once; a patch that stands in no variant changes nothing, and its mutant survives. */
function patched({ name, text }: NamedSql, { from, to }: StatementPatch): NamedSql {
  const times = text.split(from).length - 1;
  if (times > 1) throw new Error(`The text of a patch stands ${times} times in ${name}, not once: ${from}`);
  return { name, text: text.replace(from, () => to) };
}
