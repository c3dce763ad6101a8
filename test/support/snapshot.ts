import type pg from 'pg';

/** Catalogs of Postgres with the column that says whose row it is. */
const catalogs = {
  pg_attrdef: 'oid',
  pg_attribute: 'attrelid',
  pg_class: 'oid',
  pg_constraint: 'oid',
  pg_default_acl: 'oid',
  pg_depend: 'objid',
  pg_description: 'objoid',
  pg_enum: 'oid',
  pg_event_trigger: 'oid',
  pg_index: 'indexrelid',
  pg_inherits: 'inhrelid',
  pg_namespace: 'oid',
  pg_operator: 'oid',
  pg_policy: 'oid',
  pg_proc: 'oid',
  pg_rewrite: 'oid',
  pg_sequence: 'seqrelid',
  pg_statistic_ext: 'oid',
  pg_trigger: 'oid',
  pg_type: 'oid',
} as const;

/** What vacuum writes whenever it likes. */
const restless = `{relpages,reltuples,relallvisible,relallfrozen,relfrozenxid,relminmxid}`;

/** Objects below are Postgres' own. */
const firstOid = 16_384;

/**
 * Everything that definitions may change, a line a row: the catalogs of the database, its tenants' roles with their members, and the
 * control schema with the rows of its tables. That something was tried and failed is on record there, and not part of it.
 */
export async function snapshot(
  { admin }: { readonly admin: pg.Pool },
  tenant: string,
): Promise<readonly string[]> {
  const own = Object.entries(catalogs).map(
    ([name, key]) =>
      `select concat('${name} ', to_jsonb(c) - '${restless}'::text[]) as line from pg_catalog.${name} as c where c.${key} >= ${firstOid}`,
  );
  const { rows: tables } = await admin.query<{ name: string }>(
    `select quote_ident(relname) as name from pg_class where relnamespace = 'control'::regnamespace and relkind = 'r'`,
  );
  const model = tables.map(
    ({ name }) =>
      `select concat('control.${name} ', to_jsonb(c)) as line from control.${name} as c
     where to_jsonb(c) ->> 'status' is distinct from 'failed'`,
  );
  const roles = [
    `select concat('role ', to_jsonb(r)) from pg_roles as r where starts_with(r.rolname, 't_' || $1)`,
    `select concat('member ', to_jsonb(m)) from pg_auth_members as m join pg_roles as r on r.oid = m.roleid
     where starts_with(r.rolname, 't_' || $1)`,
    `select concat('shared ', to_jsonb(d)) from pg_shdepend as d join pg_database as b on b.oid = d.dbid
     where b.datname = current_database()`,
  ];
  const { rows } = await admin.query<{ line: string }>(
    `${[...own, ...model, ...roles].join('\nunion all\n')}\norder by 1`,
    [tenant],
  );
  return rows.map(({ line }) => line);
}

/** Lines that went and lines that came: empty when nothing changed, and short enough to read when something did. */
export function difference(before: readonly string[], after: readonly string[]): readonly string[] {
  const [was, is] = [new Set(before), new Set(after)];
  return [
    ...before.filter((line) => !is.has(line)).map((line) => `- ${line}`),
    ...after.filter((line) => !was.has(line)).map((line) => `+ ${line}`),
  ];
}
