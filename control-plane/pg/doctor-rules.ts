/** A rule over the catalog: lists offenders as one text column. */
export interface Rule {
  readonly name: string;
  readonly good: string;
  readonly bad: string;
  readonly query: string;
  readonly warning?: boolean;
}

const ours = `(n.nspname in ('control', 'rowhouse') or starts_with(n.nspname, 't_') and n.nspowner = to_regrole('rowhouse_owner'))`;
const tenants = `starts_with(n.nspname, 't_') and n.nspowner = to_regrole('rowhouse_owner')`;

/** What must hold for every object of Rowhouse in a database, and what should. */
export const rules: readonly Rule[] = [
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
  {
    name: 'shared-functions',
    good: 'advisory locks and large objects, which belong to no tenant, are not for PUBLIC',
    bad: 'Login roles may take advisory locks and make large objects, which belong to no tenant. As superuser: rowhouse migrate.',
    query: `select distinct case when starts_with(p.proname, 'lo_') then 'large objects' else 'advisory locks' end
      from pg_proc as p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as a
      where p.pronamespace = 'pg_catalog'::regnamespace and a.grantee = 0
        and (p.proname ~ '^pg_(try_)?advisory_' or p.proname in ('lo_creat', 'lo_create', 'lo_from_bytea'))`,
    warning: true,
  },
  {
    name: 'staging',
    good: 'imports can be staged',
    bad: 'Imports are staged in temporary tables, which rowhouse_gateway may not make. As the database’s owner: grant temporary on database … to rowhouse_gateway;',
    query: `select current_database()::text
      where not has_database_privilege('rowhouse_gateway', current_database(), 'temporary')`,
  },
];
