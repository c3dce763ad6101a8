/** Rules that hold for every object of the live catalog, whoever made it. Each sweep lists offenders, and is shown one to find. */
import format from 'pg-format';
import { beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { dataSvc } from '../support/data-svc.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { createLogin } from '../support/logins.ts';
import { monk } from '../support/monk.ts';
import { principal } from '../support/principal.ts';
import { taruvi } from '../support/taruvi.ts';

let database: TestDatabase;
let schema: string;
let otherSchema: string;
let login: string;

beforeAll(async () => {
  database = await createDatabase();
  const app = await startApp(database);
  const tenants = await Promise.all(['one', 'two'].map((name) => app.createTenant(name)));
  for (const tenant of tenants) {
    const root = monk(app, principal(tenant, 'maker', { access: 'root', sudo: true }));
    const long = (letter: string): string => letter.repeat(63);
    await root.define('parent', {
      status: 'active',
      sudo: true,
      columns: [
        {
          column_name: long('p'),
          type: 'text',
          unique: true,
          minimum: 1,
          maximum: 9,
          pattern: 'x',
        },
        {
          column_name: 'kind',
          type: 'text',
          enum_values: ['a', 'b'],
          searchable: true,
          index: true,
        },
        { column_name: 'pay', type: 'decimal', sudo: true, immutable: true, tracked: true },
      ],
    });
    await root.define('child', {
      status: 'active',
      columns: [
        {
          column_name: long('c'),
          type: 'uuid',
          relationship_type: 'owned',
          related_schema: 'parent',
          relationship_name: 'children',
          cascade_delete: true,
        },
      ],
    });
  }
  const [one = '', two = ''] = tenants;
  for (const tenant of [one, two]) await defineElsewhere(app, tenant);
  schema = `t_${one}`;
  otherSchema = `t_${two}`;
  login = database.slug('sweep');
  await createLogin(database, 'sweep', principal(one, 'sweep'));
});

/** Tables as the other dialects make them: under grants, lists and policies, held in jsonb, in a graph. */
async function defineElsewhere(app: TestApp, tenant: string): Promise<void> {
  const as = principal(tenant, 'maker', { access: 'root' });
  const managed = await app.request('POST', '/v3/pgrest/manage/tables', {
    as,
    body: {
      table_name: 'ships',
      root_url: 'ships',
      columns: { name: { data_type: 'text', unique: true } },
    },
  });
  expect(managed.status, managed.text).toBe(200);
  const { create } = dataSvc(app, as);
  await create({ table: 'task', data: { done: false } });
  const { call } = taruvi(app, as);
  await call('POST', '', { name: 'blog' }, 201);
  await call('POST', '/blog/datasources', { name: 'loose', provider_type: 'jsonb' }, 201);
  const fields = [
    { name: 'id', type: 'integer', constraints: { minimum: 1 } },
    { name: 'owner', type: 'string', constraints: { maxLength: 9 } },
  ];
  const flat = { fields, primaryKey: 'id', hierarchy: true, search_fields: ['owner'] };
  await call('POST', '/blog/datatables', { name: 'posts', json_schema: flat }, 201);
  const held = {
    fields: [
      { name: 'id', type: 'string' },
      { name: 'size', type: 'integer' },
    ],
  };
  const loose = { name: 'notes', json_schema: held };
  await call('POST', '/blog/datasources/loose/datatables', loose, 201);
  const rule = {
    actions: ['read'],
    effect: 'EFFECT_ALLOW',
    roles: ['*'],
    condition: { match: { expr: 'R.attr.owner == P.id' } },
  };
  const policy = { resource: 'datatable:posts', version: 'default', rules: [rule] };
  const document = { apiVersion: 'api.cerbos.dev/v1', resourcePolicy: policy };
  await call('POST', '/blog/policies', document);
}

/** Relations, functions and the rest that are ours. */
const ours = `(nspname in ('control', 'rowhouse') or starts_with(nspname, 't_'))`;

/** Roles of ours: roles are cluster-wide, and those of other databases are no concern of this one. */
const ourRole = `(rolname in ('rowhouse_owner', 'rowhouse_gateway', 'rowhouse_tenant')
  or rolname in (select l.rolname from control.logins l)
  or exists (select 1 from control.tenants t where rolname = 't_' || t.slug or starts_with(rolname, 't_' || t.slug || '_')))`;

interface Sweep {
  readonly rule: string;
  /** Lists offenders as one text column. */
  readonly query: string;
  /** Makes an offender. */
  readonly offend: () => string;
}

const sweeps: readonly Sweep[] = [
  {
    rule: 'every table of a tenant that any tenant role may touch has forced row-level security',
    query: `select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where starts_with(nspname, 't_') and c.relkind in ('r', 'p') and not (c.relrowsecurity and c.relforcerowsecurity)
        and (not starts_with(relname, '_rowhouse_') or exists (
          select 1 from aclexplode(c.relacl) a where a.grantee <> c.relowner))`,
    offend: () => format('alter table %I.child no force row level security', schema),
  },
  {
    rule: 'every table of ours has a primary key',
    query: `select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where ${ours} and c.relkind in ('r', 'p')
        and not exists (select 1 from pg_index i where i.indrelid = c.oid and i.indisprimary)
        and relname <> '_rowhouse_grants' and nspname <> 'control'`,
    offend: () => format('create table %I.keyless (a int)', schema),
  },
  {
    rule: 'everything of ours belongs to rowhouse_owner',
    query: `select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where ${ours} and c.relowner <> 'rowhouse_owner'::regrole
      union all select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where ${ours} and p.proowner <> 'rowhouse_owner'::regrole
      union all select nspname from pg_namespace where ${ours} and nspowner <> 'rowhouse_owner'::regrole`,
    offend: () => format('create table %I.stray (a int primary key)', schema),
  },
  {
    rule: 'nothing of ours is open to PUBLIC',
    query: `select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace, aclexplode(c.relacl) a
      where ${ours} and a.grantee = 0
      union all select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace,
        aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a where ${ours} and a.grantee = 0
      union all select nspname from pg_namespace n, aclexplode(n.nspacl) a where ${ours} and a.grantee = 0`,
    offend: () =>
      `create function rowhouse.leak() returns int language sql set search_path = '' as 'select 1'`,
  },
  {
    rule: 'set_config is the gateway’s alone',
    query: `select r.rolname from pg_roles r where not r.rolsuper
      and rolname not in ('rowhouse_gateway', 'rowhouse_owner') and ${ourRole}
      and has_function_privilege(r.oid, 'pg_catalog.set_config(text, text, boolean)', 'execute')`,
    offend: () => 'grant execute on function pg_catalog.set_config(text, text, boolean) to public',
  },
  {
    rule: 'every security definer function sets its search_path',
    query: `select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where ${ours} and p.prosecdef
        and not exists (select 1 from unnest(p.proconfig) c where starts_with(c, 'search_path='))`,
    offend: () =>
      `create function rowhouse.risky() returns int language sql security definer as 'select 1'`,
  },
  {
    rule: 'no search_path of a definer function can be shadowed by temporary objects',
    query: `select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace,
        unnest(p.proconfig) c
      where ${ours} and p.prosecdef and starts_with(c, 'search_path=')
        and c not in ('search_path=""', 'search_path=pg_catalog, pg_temp')
        and c not like '%, pg_temp'`,
    offend: () =>
      `create function rowhouse.risky() returns int language sql security definer set search_path = public as 'select 1'`,
  },
  {
    rule: 'every function of ours says what it does',
    query: `select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where ${ours} and obj_description(p.oid, 'pg_proc') is null`,
    offend: () =>
      `create function rowhouse.silent() returns int language sql set search_path = '' as 'select 1'`,
  },
  {
    rule: 'foreign keys stay inside their schema',
    query: `select conname::text from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_class f on f.oid = k.confrelid
      where k.contype = 'f' and c.relnamespace <> f.relnamespace`,
    offend: () =>
      format(
        'alter table %I.child add constraint astray foreign key (id) references %I.parent (id) not valid',
        schema,
        otherSchema,
      ),
  },
  {
    rule: 'names of constraints and triggers leave room for a suffix',
    query: `select conname::text from pg_constraint k join pg_namespace n on n.oid = k.connamespace
      where starts_with(nspname, 't_') and contype <> 'n' and octet_length(conname) > 50
      union all select tgname::text from pg_trigger t join pg_class c on c.oid = t.tgrelid
        join pg_namespace n on n.oid = c.relnamespace
      where starts_with(nspname, 't_') and not tgisinternal and octet_length(tgname) > 50`,
    offend: () =>
      format('alter table %I.child add constraint %I check (true)', schema, 'x'.repeat(51)),
  },
  {
    rule: 'policies speak of the schema’s own tenant or the owner only',
    query: `select p.polname || ' on ' || c.oid::regclass from pg_policy p join pg_class c on c.oid = p.polrelid
        join pg_namespace n on n.oid = c.relnamespace, unnest(p.polroles) r
      where starts_with(nspname, 't_') and (r = 0 or r::regrole::text not in (quote_ident(nspname), 'rowhouse_owner'))`,
    offend: () => format('create policy p on %I.child using (true)', schema),
  },
  {
    rule: 'a tenant holds no privilege in another tenant’s schema',
    query: `select r.rolname || ' on ' || c.oid::regclass from pg_class c join pg_namespace n on n.oid = c.relnamespace
        join pg_roles r on ${ourRole} and starts_with(r.rolname, 't_') and r.rolname <> nspname
      where starts_with(nspname, 't_') and c.relkind in ('r', 'p', 'v')
        and has_table_privilege(r.oid, c.oid, 'select, insert, update, delete, truncate, references, trigger')
      union all select r.rolname || ' in ' || nspname from pg_namespace n join pg_roles r
        on ${ourRole} and starts_with(r.rolname, 't_') and r.rolname <> nspname
      where starts_with(nspname, 't_') and has_schema_privilege(r.oid, n.oid, 'usage, create')`,
    offend: () => format('grant select on %I.child to %I', otherSchema, schema),
  },
  {
    rule: 'a tenant’s role has no right over tables beyond reading and writing rows',
    query: `select c.oid::regclass || ' ' || a.privilege_type from pg_class c join pg_namespace n on n.oid = c.relnamespace,
        aclexplode(c.relacl) a
      where starts_with(nspname, 't_') and a.grantee <> c.relowner
        and (a.privilege_type not in ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'USAGE') or a.is_grantable)`,
    offend: () => format('grant truncate on %I.child to %I', schema, schema),
  },
  {
    rule: 'the control schema is the owner’s alone',
    query: `select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace, aclexplode(c.relacl) a
      where nspname = 'control' and a.grantee <> c.relowner
      union all select nspname from pg_namespace n, aclexplode(n.nspacl) a where nspname = 'control' and a.grantee <> n.nspowner`,
    offend: () => 'grant select on control.tenants to rowhouse_gateway',
  },
  {
    rule: 'no default privileges wait for objects to come',
    query: `select a.privilege_type from pg_default_acl d, aclexplode(d.defaclacl) a
      where a.grantee <> d.defaclrole`,
    offend: () =>
      'alter default privileges in schema rowhouse grant execute on functions to public',
  },
  {
    rule: 'no role of ours is more than it must be',
    query: `select rolname::text from pg_roles
      where ${ourRole}
        and (rolsuper or rolbypassrls or rolcreatedb or rolreplication
          or (rolcreaterole and rolname <> 'rowhouse_owner')
          or (rolcanlogin and (rolname in ('rowhouse_owner', 'rowhouse_tenant') or starts_with(rolname, 't_')))
          or (rolinherit and rolname = 'rowhouse_gateway'))`,
    offend: () => format('alter role %I createdb', schema),
  },
  {
    rule: 'a login role is a member of its tenant’s role and of nothing else',
    query: `select l.rolname || ' in ' || g.rolname from control.logins l join control.tenants t on t.id = l.tenant_id
        join pg_roles r on r.rolname = l.rolname join pg_auth_members m on m.member = r.oid
        join pg_roles g on g.oid = m.roleid
      where g.rolname <> 't_' || t.slug or m.admin_option`,
    offend: () => format('grant rowhouse_gateway to %I', login),
  },
];

describe('the live catalog', () => {
  it.each(sweeps.map((sweep) => [sweep.rule, sweep] as const))('%s', async (_, sweep) => {
    const client = await database.admin.connect();
    try {
      const found = await client.query<Record<string, string>>(sweep.query);
      expect(found.rows.map((row) => Object.values(row)[0])).toEqual([]);
      await client.query('begin');
      await client.query(sweep.offend());
      expect((await client.query(sweep.query)).rowCount, 'the sweep is blind').toBeGreaterThan(0);
    } finally {
      await client.query('rollback');
      client.release();
    }
  });
});
