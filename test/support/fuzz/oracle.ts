/** What no reply may be or hold, and what no request may change. */
import format from 'pg-format';
import type { TestDatabase } from '../database.ts';
import type { WireReply } from './wire.ts';

/** Words of ours and of Postgres that fuzzing itself never sends: a reply with one was not written for callers. */
const tells: readonly RegExp[] = [
  /_rowhouse_\w/,
  /\browhouse\.\w+\s*\(/,
  /\bcontrol\.\w/,
  /\bpg_(catalog|temp|toast|class|proc|authid)\b/,
  /node_modules|control-plane|\.ts:\d+|\bat [^()]{1,80} \([^()]*:\d+:\d+\)/,
  /SQLSTATE|sqlState|\bERROR:|\bHINT:|\bCONTEXT:/,
  /syntax error at|invalid input syntax|invalid byte sequence|unsupported Unicode/,
  /relation ".*" does not|column .* does not exist|operator does not exist|function .* does not exist/,
  /violates .*constraint|duplicate key value|permission denied for|row-level security/,
  /\b(current_setting|set_config|jsonb_build_object|to_jsonb|coalesce)\s*\(/i,
  /\bt_x[0-9a-f]{6}_/,
  /Cannot read propert|is not a function|is not iterable|Maximum call stack/,
  /\/(home|tmp|usr|var|root|work)\/\w/,
];

export interface Judged {
  /** Never to be seen by this caller. */
  readonly secrets: readonly string[];
  readonly method: string;
  readonly reply: WireReply | undefined;
  /** What the caller wrote may be repeated to it. */
  readonly sent: string;
}

/** What is wrong with a reply; empty: nothing. */
export function faultsOf({ secrets, method, reply, sent }: Judged): readonly string[] {
  if (reply === undefined) return ['no reply'];
  const { status, headers, text } = reply;
  const faults: string[] = [];
  // What a change does to its own table is shown to administrators as SQL: the specification of one dialect has it so.
  const told = text.replace(
    /"((forward_sql|rollback_sql|statements)":\[("([^"\\]|\\.)*",?)*\]|command":"([^"\\]|\\.)*")/g,
    '',
  );
  const busy = status === 503 && headers.has('retry-after');
  if (status >= 500 && !busy) faults.push(`status ${status}`);
  for (const secret of secrets) {
    const shown =
      text.includes(secret) || [...headers.values()].some((one) => one.includes(secret));
    if (shown && !sent.includes(secret)) faults.push(`shows ${secret}`);
  }
  // Pages and their scripts are files of the server, the same for everybody.
  const page = /html|javascript|css/.test(headers.get('content-type') ?? '');
  for (const tell of page ? [] : tells) {
    const found = tell.exec(told)?.[0];
    if (found !== undefined && !sent.includes(found)) faults.push(`tells ${found.slice(0, 120)}`);
  }
  if (headers.has('set-cookie')) faults.push('sets a cookie');
  const json = /json/.test(headers.get('content-type') ?? '') && status !== 204;
  if (json && method !== 'HEAD' && !/ndjson/.test(headers.get('content-type') ?? '')) {
    try {
      JSON.parse(text);
    } catch {
      faults.push('is no JSON');
    }
  }
  return faults;
}

/** Catalogs of Postgres by the column that leads to a schema. */
const bySchema = {
  pg_class: 'relnamespace',
  pg_constraint: 'connamespace',
  pg_proc: 'pronamespace',
  pg_type: 'typnamespace',
} as const;
const byTable = {
  pg_attrdef: 'adrelid',
  pg_attribute: 'attrelid',
  pg_index: 'indrelid',
  pg_policy: 'polrelid',
  pg_rewrite: 'ev_class',
  pg_sequence: 'seqrelid',
  pg_trigger: 'tgrelid',
} as const;

/** What vacuum writes whenever it likes. */
const restless = '{relpages,reltuples,relallvisible,relallfrozen,relfrozenxid,relminmxid}';

/** A line for each thing of a tenant and of the server itself: rows, catalogs, model, roles. */
export async function everythingOf(
  { admin }: Pick<TestDatabase, 'admin'>,
  tenant: string,
): Promise<readonly string[]> {
  const schema = `t_${tenant}`;
  const spaces = `(select oid from pg_namespace where nspname in (${format.literal(schema)}, 'control', 'rowhouse', 'public'))`;
  const classes = `(select oid from pg_class where relnamespace in ${spaces})`;
  const own = [
    ...Object.entries(bySchema).map(([name, key]) => [name, `c.${key} in ${spaces}`] as const),
    ...Object.entries(byTable).map(([name, key]) => [name, `c.${key} in ${classes}`] as const),
    ['pg_namespace', `c.oid in ${spaces}`] as const,
  ].map(
    ([name, condition]) =>
      `select concat('${name} ', to_jsonb(c) - '${restless}'::text[]) as line from ${name} as c where ${condition}`,
  );
  const model = await admin.query<{ name: string; key: string | null }>(`
    select quote_ident(c.relname) as name,
      case when c.relname = 'tenants' then 'id' else (
        select a.attname from pg_attribute as a where a.attrelid = c.oid and a.attname = 'tenant_id') end as key
    from pg_class as c
    where c.relnamespace = 'control'::regnamespace and c.relkind = 'r' and c.relname not in ('turns', 'audit')`);
  const recorded = model.rows.map(
    ({ name, key }) =>
      `select concat('control.${name} ', to_jsonb(c)) from control.${name} as c` +
      (key === null
        ? ''
        : ` where c.${key} = (select id from control.tenants where slug = ${format.literal(tenant)})`),
  );
  const roles = [
    `select concat('role ', to_jsonb(r)) from pg_roles as r where starts_with(r.rolname, ${format.literal(schema)})`,
    `select concat('member ', to_jsonb(m)) from pg_auth_members as m join pg_roles as r on r.oid = m.roleid
     where starts_with(r.rolname, ${format.literal(schema)})`,
  ];
  const tables = await admin.query<{ name: string }>(
    `select quote_ident(relname) as name from pg_class
     where relnamespace = ${format.literal(format.ident(schema))}::regnamespace and relkind in ('r', 'p', 'm')`,
  );
  const rows = tables.rows.map(
    ({ name }) =>
      `select concat('row of ${name} ', to_jsonb(c)) from ${format.ident(schema)}.${name} as c`,
  );
  const { rows: lines } = await admin.query<{ line: string }>(
    `${[...own, ...recorded, ...roles, ...rows].join('\nunion all\n')}\norder by 1`,
  );
  return lines.map(({ line }) => line);
}

/** Rows of a tenant, wherever they lie, that hold the text. */
export async function rowsWith(
  { admin }: Pick<TestDatabase, 'admin'>,
  tenant: string,
  text: string,
): Promise<readonly string[]> {
  const schema = format.ident(`t_${tenant}`);
  const tables = await admin.query<{ name: string }>(
    `select quote_ident(relname) as name from pg_class
     where relnamespace = ${format.literal(schema)}::regnamespace and relkind = 'r' and relname not like '\\_rowhouse%'`,
  );
  const found = tables.rows.map(
    ({ name }) =>
      `select concat('${name} ', to_jsonb(c)) as line from ${schema}.${name} as c
       where strpos(to_jsonb(c)::text, ${format.literal(text)}) > 0`,
  );
  const { rows } = await admin.query<{ line: string }>(
    `${found.join('\nunion all\n')}\norder by 1`,
  );
  return rows.map(({ line }) => line);
}
