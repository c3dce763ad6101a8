import { type Sql, sql } from '../base/sql.ts';

/** What the one row that a plan answers with says; a number that means nothing for the statement is NULL. */
export interface AnswerRow {
  /** JSON text of the rows. */
  readonly rows: Sql;
  /** How many rows these are; those read from if not told. */
  readonly count?: Sql;
  readonly total?: Sql;
  readonly matched?: Sql;
  readonly changed?: Sql;
}

/** The select list that `service/execute.ts` reads, under its one set of names. */
export function answerRow({ rows, count, total, matched, changed }: AnswerRow): Sql {
  return sql`${rows} as rows, ${count ?? sql`count(*)::int`} as count, ${total ?? sql`null::bigint`} as total, ${matched ?? sql`null::int`} as matched, ${changed ?? sql`null::int`} as changed`;
}
