import { type ErrorDetail, type ErrorKind, errorKinds } from '../base/errors.ts';
import { bind, raw, type Sql, sql } from '../base/sql.ts';

/**
 * An expression that raises when it is evaluated: only inside a CASE branch. `keys` is a text[] expression that joins the detail.
 */
export function refusal(kind: ErrorKind, detail: ErrorDetail, keys?: Sql): Sql {
  const { code, text } = errorKinds[kind];
  const facts = sql`${bind(JSON.stringify(detail))}::jsonb`;
  const named = keys ? sql`${facts} || jsonb_build_object('keys', to_jsonb(${keys}))` : facts;
  return sql`rowhouse.refuse(${raw(quote(code))}, ${raw(quote(text))}, ${named})::text`;
}

/** The first refusal whose condition holds; NULL when none does. */
export function verdict(cases: readonly (readonly [condition: Sql, refusal: Sql])[]): Sql {
  const whens = cases.map(([when, then]) => sql` when ${when} then ${then}`);
  return sql`case${whens.reduce((left, right) => sql`${left}${right}`)} end`;
}

/** Texts of our own table of errors. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
