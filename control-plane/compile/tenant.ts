import { ident, literal, sql, toText } from '../base/sql.ts';
import { tenantSchema } from './names.ts';
import { tenantFunctions } from './tenant-functions.ts';

/**
 * Makes a tenant's schema, role and internal objects. For the ddl connection inside a transaction: the schema is made by the connecting
 * role, which holds CREATE on the database, and owned by rowhouse_owner, who makes the rest.
 */
export function createTenant(slug: string): readonly string[] {
  const schema = ident(tenantSchema(slug));
  return [
    'set local role none',
    toText(sql`create schema ${schema} authorization rowhouse_owner`),
    'set local role rowhouse_owner',
    toText(sql`select rowhouse.create_tenant_role(${literal(slug)})`),
    toText(sql`grant usage on schema ${schema} to ${schema}`),
    ...tenantTables(slug),
    ...tenantFunctions(slug),
    ...tenantPolicies(slug),
  ];
}

/** Drops a tenant's schema with everything in it, its login roles and its role. The row in control.tenants is the caller's. */
export function dropTenant(slug: string): readonly string[] {
  return [
    'set local role rowhouse_owner',
    toText(sql`drop schema if exists ${ident(tenantSchema(slug))} cascade`),
    toText(sql`select rowhouse.drop_tenant_role(${literal(slug)})`),
  ];
}

/** Tables of the engine in a tenant's schema: interned principals, access lists, verdict bits, grants, history. */
function tenantTables(slug: string): readonly string[] {
  const s = ident(tenantSchema(slug));
  const lists = ['read', 'edit', 'full', 'delete', 'deny', 'authors'];
  const columns = [
    ...lists.map((list) => `"${list}" text[] not null default '{}'`),
    ...lists.map((list) => `${list}_ids integer[] not null default '{}'`),
  ].join(',\n  ');
  const tables = ['principals', 'acls', 'verdicts', 'grants', 'history'];
  return [
    toText(sql`create table ${s}._rowhouse_principals (
  id integer generated always as identity constraint _rowhouse_principals_pkey primary key,
  name text collate "C" not null constraint _rowhouse_principals_name_key unique
    constraint _rowhouse_principals_name_check check (name <> '' and octet_length(name) <= 255)
)`),
    // Content-addressed: a row is never changed, so a verdict on an id never is either.
    `create table ${toText(s)}._rowhouse_acls (
  id integer generated always as identity (start with 0 minvalue 0)
    constraint _rowhouse_acls_pkey primary key,
  ${columns},
  digest bytea not null constraint _rowhouse_acls_digest_key unique,
  mode text not null default 'acl'
)`,
    // external: bits are read whole for every statement; compressed they would be unpacked each time. acls: the ones of few bits.
    toText(sql`create table ${s}._rowhouse_verdicts (
  key text not null,
  "right" text not null,
  covered integer not null,
  bits varbit not null,
  acls integer[],
  constraint _rowhouse_verdicts_pkey primary key (key, "right")
)`),
    toText(sql`alter table ${s}._rowhouse_verdicts alter column bits set storage external,
  alter column acls set storage external`),
    // relation null: every table of the tenant.
    toText(sql`create table ${s}._rowhouse_grants (
  id integer generated always as identity constraint _rowhouse_grants_pkey primary key,
  relation integer,
  verb text not null
    constraint _rowhouse_grants_verb_check check (verb in ('select', 'insert', 'update', 'delete', 'define', 'grant', 'view')),
  role text not null,
  constraint _rowhouse_grants_key unique nulls not distinct (role, verb, relation)
)`),
    toText(sql`create table ${s}._rowhouse_history (
  change_id bigint generated always as identity constraint _rowhouse_history_pkey primary key,
  relation integer not null,
  row_key text not null,
  operation text not null
    constraint _rowhouse_history_operation_check check (operation in ('create', 'update', 'delete')),
  changes jsonb not null,
  created_by text not null,
  created_at timestamptz(3) not null default now(),
  request_id text,
  metadata jsonb not null default '{}'
)`),
    toText(
      sql`create index _rowhouse_history_row_idx on ${s}._rowhouse_history (relation, row_key, change_id)`,
    ),
    ...tables.flatMap((table) => {
      const name = sql`${s}.${ident(`_rowhouse_${table}`)}`;
      return [
        toText(sql`alter table ${name} enable row level security`),
        toText(sql`alter table ${name} force row level security`),
        toText(
          sql`create policy _owner on ${name} to rowhouse_owner using (true) with check (true)`,
        ),
      ];
    }),
    // Number 0: no lists, what every row starts with.
    toText(
      sql`insert into ${s}._rowhouse_acls (digest) values (rowhouse.acl_digest('{}', '{}', '{}', '{}', '{}', '{}'))`,
    ),
  ];
}

/** Policies and privileges on the internal tables. After the functions, which they name. */
function tenantPolicies(slug: string): readonly string[] {
  const s = ident(tenantSchema(slug));
  // A request that has written nothing sees rows by their lists alone, and asks for the lists of those: the verdict has been given. One
  // that writes sees what it wrote, whatever the lists.
  const ofRead = sql`(select session_user = 'rowhouse_gateway' and pg_current_xact_id_if_assigned() is null)`;
  const readable = sql`${ofRead} or get_bit((select ${s}._rowhouse_readable()), id) = 1`;
  return [
    // Lists of rows one can't read are nobody's business.
    toText(
      sql`create policy _select on ${s}._rowhouse_acls for select to ${s} using (${readable})`,
    ),
    toText(
      sql`grant select (id, "read", edit, "full", "delete", deny, authors) on ${s}._rowhouse_acls to ${s}`,
    ),
    // No policy yet: each table with history brings the one for its entries.
    toText(sql`grant select on ${s}._rowhouse_history to ${s}`),
  ];
}
