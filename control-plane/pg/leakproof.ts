import type pg from 'pg';

/**
 * Functions behind operators that cannot tell a caller anything of a row but the answer itself, and that Postgres does not mark so: under
 * row security a condition with an unmarked one can't use an index (full text 486 ms → 1.15, jsonb 424 → .6, numeric 356 → .5). Never the
 * functions of LIKE, ILIKE and regular expressions: a pattern that ends in `\` raises an error only if the hidden row is there.
 */
const leakproofFunctions: readonly string[] = [
  'ts_match_vq(tsvector,tsquery)',
  'ts_match_qv(tsquery,tsvector)',
  'arrayoverlap(anyarray,anyarray)',
  'arraycontains(anyarray,anyarray)',
  'arraycontained(anyarray,anyarray)',
  'jsonb_contains(jsonb,jsonb)',
  'jsonb_contained(jsonb,jsonb)',
  'jsonb_exists(jsonb,text)',
  'jsonb_exists_any(jsonb,text[])',
  'jsonb_exists_all(jsonb,text[])',
  ...['eq', 'ne', 'lt', 'le', 'gt', 'ge', 'cmp'].flatMap((name) => [
    `numeric_${name}(numeric,numeric)`,
    `enum_${name}(anyenum,anyenum)`,
  ]),
];

/** Those of the list that are not marked in this database. */
export async function unmarked(client: pg.ClientBase): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select name from unnest($1::text[]) as name join pg_proc as p on p.oid = to_regprocedure('pg_catalog.' || name)
     where not p.proleakproof`,
    [leakproofFunctions],
  );
  return rows.map(({ name }) => name);
}

/** Marks them; needs a superuser. Answers with those it changed. */
export async function markLeakproof(client: pg.ClientBase): Promise<readonly string[]> {
  const names = await unmarked(client);
  for (const name of names) await client.query(`alter function pg_catalog.${name} leakproof`);
  return names;
}
