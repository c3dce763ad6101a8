import pg from 'pg';
import { functionsHash } from '../compile/tenant-functions.ts';
import { unmarked } from './leakproof.ts';
import { isParallel } from './parallel.ts';
import { findWay, isPooled, keepsNames } from './pooler.ts';
import { migrationNames, moduleFiles } from './sql-files.ts';

/** One thing looked at. `warn`: it works, but slower or with one line of defence less. */
export interface Finding {
  readonly name: string;
  readonly ok: boolean;
  readonly level: 'ok' | 'warn' | 'error';
  readonly message: string;
}

/** A rule over the catalog: lists offenders as one text column. */
interface Rule {
  readonly name: string;
  readonly good: string;
  readonly bad: string;
  readonly query: string;
  readonly warning?: boolean;
}

const ours = `(n.nspname in ('control', 'rowhouse') or starts_with(n.nspname, 't_') and n.nspowner = to_regrole('rowhouse_owner'))`;
const tenants = `starts_with(n.nspname, 't_') and n.nspowner = to_regrole('rowhouse_owner')`;

const rules: readonly Rule[] = [
  {
    name: 'roles',
    good: 'rowhouse_owner, rowhouse_gateway and rowhouse_tenant are ordinary roles',
    bad: 'Missing, or passing by row security:',
    query: `select w.name from (values ('rowhouse_owner'), ('rowhouse_gateway'), ('rowhouse_tenant')) as w (name)
      left join pg_roles as r on r.rolname = w.name
      where r.oid is null or r.rolsuper or r.rolbypassrls or r.rolinherit and w.name = 'rowhouse_gateway'`,
  },
  {
    name: 'tenant-roles',
    good: 'every tenant has its role, and the gateway may take it',
    bad: 'No role, or the gateway may not take it:',
    query: `select t.slug from control.tenants as t left join pg_roles as r on r.rolname = 't_' || t.slug
      where r.oid is null or r.rolcanlogin or not pg_has_role('rowhouse_gateway', r.oid, 'member')`,
  },
  {
    name: 'row-security',
    good: 'every tenant table has row-level security, enabled and forced',
    bad: 'Without forced row-level security:',
    query: `select c.oid::regclass::text from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
      where ${tenants} and c.relkind in ('r', 'p') and not (c.relrowsecurity and c.relforcerowsecurity)`,
  },
  {
    name: 'public-privileges',
    good: 'nothing of Rowhouse is open to PUBLIC',
    bad: 'Open to PUBLIC:',
    query: `select p.oid::regprocedure::text from pg_proc as p join pg_namespace as n on n.oid = p.pronamespace,
        aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as a where ${ours} and a.grantee = 0
      union all select c.oid::regclass::text from pg_class as c join pg_namespace as n on n.oid = c.relnamespace,
        aclexplode(c.relacl) as a where ${ours} and a.grantee = 0
      union all select n.nspname from pg_namespace as n, aclexplode(n.nspacl) as a where ${ours} and a.grantee = 0`,
  },
  {
    name: 'search-path',
    good: 'every security definer function pins its search_path',
    bad: 'Definer functions without a pinned search_path:',
    query: `select p.oid::regprocedure::text from pg_proc as p join pg_namespace as n on n.oid = p.pronamespace
      where ${ours} and p.prosecdef
        and not exists (select from unnest(p.proconfig) as c where starts_with(c, 'search_path='))`,
  },
  {
    name: 'foreign-keys',
    good: 'every foreign key stays inside its schema',
    bad: 'Foreign keys to another schema:',
    query: `select k.conname::text from pg_constraint as k join pg_class as c on c.oid = k.conrelid
      join pg_class as f on f.oid = k.confrelid join pg_namespace as n on n.oid = c.relnamespace
      where ${ours} and k.contype = 'f' and c.relnamespace <> f.relnamespace`,
  },
  {
    name: 'acl-numbers',
    good: 'every table with access lists refuses numbers that name none',
    bad: 'Tables with _acl and no trigger that checks it:',
    query: `select c.oid::regclass::text from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
      join pg_attribute as a on a.attrelid = c.oid and a.attname = '_acl' and not a.attisdropped
      where ${tenants} and c.relkind = 'r' and not exists (
        select from pg_trigger as g join pg_proc as p on p.oid = g.tgfoid
        where g.tgrelid = c.oid and p.proname = '_rowhouse_known_acl' and g.tgenabled <> 'D')`,
  },
  {
    name: 'triggers',
    good: 'no trigger of a tenant table is switched off',
    bad: 'Switched off:',
    query: `select g.tgname || ' on ' || c.oid::regclass from pg_trigger as g join pg_class as c on c.oid = g.tgrelid
      join pg_namespace as n on n.oid = c.relnamespace where ${tenants} and g.tgenabled = 'D'`,
  },
  {
    name: 'logins',
    good: 'login roles are members of their own tenant’s role only',
    bad: 'Login roles that are gone, privileged, or members of another tenant’s role:',
    query: `select l.rolname::text from control.logins as l join control.tenants as t on t.id = l.tenant_id
      left join pg_roles as r on r.rolname = l.rolname
      where r.oid is null or r.rolsuper or r.rolbypassrls or r.rolcreaterole or exists (
        select from pg_auth_members as m join pg_roles as g on g.oid = m.roleid
        where m.member = r.oid and g.rolname <> 't_' || t.slug
          and not exists (select from unnest(rowhouse.group_roles()) as role where g.rolname = 't_' || t.slug || '_' || role))`,
  },
  {
    name: 'view-owners',
    good: 'every view of a tenant belongs to the role that can only read',
    bad: 'Views of another owner, or of one that may log in or pass by row security:',
    query: `select c.oid::regclass::text from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
      join pg_roles as r on r.oid = c.relowner
      where ${tenants} and c.relkind in ('v', 'm')
        and (r.rolname <> n.nspname || '_VIEWS' or r.rolcanlogin or r.rolsuper or r.rolbypassrls)`,
  },
  {
    name: 'temporary-objects',
    good: 'PUBLIC can make no temporary objects',
    bad: 'PUBLIC may make temporary objects (our functions pin pg_temp last all the same). As the database’s owner: revoke temporary on database … from public;',
    query: `select d.datname::text from pg_database as d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) as a
      where d.datname = current_database() and a.grantee = 0 and a.privilege_type = 'TEMPORARY'`,
    warning: true,
  },
  {
    name: 'set-config',
    good: 'set_config is not for PUBLIC',
    bad: 'PUBLIC may call set_config (claims in it are believed in gateway sessions only). As superuser: rowhouse migrate',
    query: `select 'set_config' from pg_proc as p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as a
      where p.oid = 'pg_catalog.set_config(text, text, boolean)'::regprocedure and a.grantee = 0`,
    warning: true,
  },
];

/**
 * Checks a database and says what is wrong. Needs the connecting role that installs: control is read as rowhouse_owner.
 * @param target connection string, or a client in a transaction
 * @param gateway connection string of the server's own role
 */
export async function doctor(
  target: string | pg.ClientBase,
  gateway?: string,
): Promise<readonly Finding[]> {
  if (typeof target !== 'string') return examine(target);
  const client = new pg.Client({ connectionString: target });
  await client.connect();
  try {
    await findWay(client);
    // A pooler lends one backend for the length of a transaction.
    await client.query('begin');
    const findings = await examine(client);
    await client.query('commit');
    findings.push(definitionsWay(client));
    if (gateway !== undefined) findings.push(await requestsWay(gateway));
    return findings;
  } finally {
    await client.end();
  }
}

async function examine(client: pg.ClientBase): Promise<Finding[]> {
  const findings: Finding[] = [await serverVersion(client)];
  const { rows } = await client.query<{ installed: boolean }>(
    `select to_regclass('control.modules') is not null and to_regrole('rowhouse_owner') is not null as installed`,
  );
  if (rows[0]?.installed !== true) {
    const message = 'Rowhouse is not installed in this database: run rowhouse migrate';
    return [...findings, { name: 'installed', ok: false, level: 'error', message }];
  }
  await client.query('set local role rowhouse_owner');
  findings.push(await migrations(client), await modules(client), await generated(client));
  for (const rule of rules) findings.push(await check(client, rule));
  findings.push(await leakproof(client), await parallel(client));
  await client.query('set local role none');
  return findings;
}

function definitionsWay(client: pg.ClientBase): Finding {
  const good = 'definitions reach Postgres itself';
  const bad =
    'Large tables are changed at once, locked meanwhile, instead of in phases: DATABASE_URL leads through';
  const found = finding('definitions', good, bad, isPooled(client) ? [pooler] : []);
  return mild(found);
}

const pooler = 'a pooler. Name Postgres itself there, and the pooler in ROWHOUSE_POOLER';

/** How the server's own connections arrive. */
async function requestsWay(gateway: string): Promise<Finding> {
  const client = new pg.Client({ connectionString: gateway });
  client.on('error', () => undefined);
  const refuse = (message: string): Finding => ({
    name: 'requests',
    ok: false,
    level: 'error',
    message,
  });
  try {
    await client.connect();
    await findWay(client);
    const { rows } = await client.query<{ who: string }>('select session_user as who');
    const who = rows[0]?.who;
    if (who !== 'rowhouse_gateway') {
      return refuse(
        `Requests arrive as ${who}, who is believed no claim: the pooler must log in as its client does`,
      );
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return refuse(`The server can’t log in as rowhouse_gateway: ${reason}`);
  } finally {
    await client.end().catch(() => undefined);
  }
  const good = isPooled(client)
    ? 'requests go through a pooler that carries prepared statements'
    : 'requests reach Postgres itself';
  const bad =
    'Every statement is planned anew: requests go through a pooler that carries no prepared statements. For pgbouncer: 1.21 or newer, with';
  return mild(
    finding('requests', good, bad, keepsNames(client) ? [] : ['max_prepared_statements = 200']),
  );
}

async function serverVersion(client: pg.ClientBase): Promise<Finding> {
  const { rows } = await client.query<{ number: number; name: string }>(
    `select current_setting('server_version_num')::int as number, current_setting('server_version') as name`,
  );
  const ok = (rows[0]?.number ?? 0) >= 150_000;
  const name = rows[0]?.name ?? 'unknown';
  return {
    name: 'server',
    ok,
    level: ok ? 'ok' : 'error',
    message: ok ? `Postgres ${name}` : `Postgres ${name}: 15 or newer is needed`,
  };
}

async function migrations(client: pg.ClientBase): Promise<Finding> {
  const { rows } = await client.query<{ name: string }>('select name from control.pgmigrations');
  const done = new Set(rows.map(({ name }) => name));
  const missing = migrationNames().filter((name) => !done.has(name));
  return finding('migrations', 'all migrations are in', 'To do (rowhouse migrate):', missing);
}

async function modules(client: pg.ClientBase): Promise<Finding> {
  const { rows } = await client.query<{ name: string; sha256: string }>(
    'select name, sha256 from control.modules',
  );
  const installed = new Map(rows.map(({ name, sha256 }) => [name, sha256]));
  const stale = moduleFiles().filter(({ name, sha256 }) => installed.get(name) !== sha256);
  const names = stale.map(({ name }) => name);
  return finding('modules', 'all modules are current', 'Not this version’s:', names);
}

async function generated(client: pg.ClientBase): Promise<Finding> {
  const { rows } = await client.query<{ slug: string }>(
    'select slug from control.tenants where generated is distinct from $1 order by slug',
    [functionsHash()],
  );
  const slugs = rows.map(({ slug }) => slug);
  return finding('tenants', 'all tenants have this version’s functions', 'Older:', slugs);
}

async function check(client: pg.ClientBase, rule: Rule): Promise<Finding> {
  const { rows } = await client.query<{ offender: string }>(
    `select offender from (${rule.query}) as found (offender) order by 1`,
  );
  const found = finding(
    rule.name,
    rule.good,
    rule.bad,
    rows.map(({ offender }) => offender),
  );
  return rule.warning ? mild(found) : found;
}

async function leakproof(client: pg.ClientBase): Promise<Finding> {
  const names = await unmarked(client);
  const good = 'full-text, array, jsonb and numeric conditions can use indexes under row security';
  const bad =
    'Not marked leakproof, so conditions with them read without an index under row security. As superuser: rowhouse migrate. ';
  return mild(finding('leakproof', good, bad, names));
}

async function parallel(client: pg.ClientBase): Promise<Finding> {
  const good = 'whole tables can be read by several processes under row security';
  const bad =
    'Whole tables are read by one process under row security. As superuser: rowhouse migrate.';
  return mild(finding('parallel', good, bad, (await isParallel(client)) ? [] : ['transaction id']));
}

function mild(found: Finding): Finding {
  return found.ok ? found : { ...found, level: 'warn' };
}

function finding(name: string, good: string, bad: string, offenders: readonly string[]): Finding {
  if (offenders.length === 0) return { name, ok: true, level: 'ok', message: good };
  const shown = offenders.slice(0, 10).join(', ');
  const more = offenders.length > 10 ? ` and ${offenders.length - 10} more` : '';
  return { name, ok: false, level: 'error', message: `${bad} ${shown}${more}` };
}
