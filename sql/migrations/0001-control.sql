-- The control schema: what Rowhouse knows of its tenants. State only; behaviour lives in sql/modules.
-- Run by the installer as rowhouse_owner. Nobody else has any privilege here: other roles reach it through
-- security definer functions of schema rowhouse.

create table control.tenants (
  id integer generated always as identity constraint tenants_pkey primary key,
  slug text not null constraint tenants_slug_key unique
    constraint tenants_slug_check check (slug ~ '^[a-z][a-z0-9_-]{0,39}$'),
  name text not null,
  status text not null default 'active'
    constraint tenants_status_check check (status in ('active', 'inactive')),
  -- Raised by every definition; requests name the version they were planned for.
  version bigint not null default 1,
  -- Next ids for control.relations, per tenant, so that ids in generated policies stay small and stable.
  last_relation integer not null default 0,
  -- Hash of the template the tenant's internal functions were generated from.
  generated text,
  description text,
  created_at timestamptz(3) not null default now()
);
comment on table control.tenants is 'One row per tenant; its objects live in schema t_<slug>.';

create table control.relations (
  tenant_id integer not null
    constraint relations_tenant_fkey references control.tenants (id) on delete cascade,
  id integer not null,
  uuid uuid not null default gen_random_uuid(),
  app text not null default 'default',
  datasource text not null default 'default',
  name text not null,
  physical text not null,
  kind text not null default 'table' constraint relations_kind_check check (kind in ('table', 'view')),
  provider text not null default 'flat_table'
    constraint relations_provider_check check (provider in ('flat_table', 'jsonb')),
  access text not null
    constraint relations_access_check check (access in ('grants', 'acl', 'lists', 'policy')),
  status text not null default 'active'
    constraint relations_status_check check (status in ('pending', 'active', 'disabled')),
  -- {"timestamps","softDelete","acl","history"}: booleans, as in model/table.ts.
  features jsonb not null default '{}',
  "freeze" boolean not null default false,
  sudo boolean not null default false,
  key text[] not null default '{}',
  description text,
  position integer not null default 0,
  extra jsonb not null default '{}',
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  constraint relations_pkey primary key (tenant_id, id),
  constraint relations_uuid_key unique (uuid),
  constraint relations_name_key unique (tenant_id, app, name),
  constraint relations_physical_key unique (tenant_id, physical)
);
comment on table control.relations is 'Tables and views of a tenant. id counts per tenant.';

create table control.columns (
  tenant_id integer not null,
  relation_id integer not null,
  position integer not null,
  id uuid not null default gen_random_uuid(),
  name text not null,
  -- A Column of model/table.ts, without what has a column here.
  definition jsonb not null,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  constraint columns_pkey primary key (tenant_id, relation_id, name),
  constraint columns_relation_fkey foreign key (tenant_id, relation_id)
    references control.relations (tenant_id, id) on delete cascade
);
comment on table control.columns is 'User columns in order; engine columns follow from features.';

create table control.refs (
  tenant_id integer not null,
  relation_id integer not null,
  -- Constraint name, unique in the tenant.
  name text not null,
  position integer not null default 0,
  -- A Reference of model/table.ts.
  definition jsonb not null,
  constraint refs_pkey primary key (tenant_id, name),
  constraint refs_relation_fkey foreign key (tenant_id, relation_id)
    references control.relations (tenant_id, id) on delete cascade
);
create index refs_relation_idx on control.refs (tenant_id, relation_id);
comment on table control.refs is 'Foreign keys between tables of one tenant.';

create table control.operations (
  id bigint generated always as identity constraint operations_pkey primary key,
  uuid uuid not null default gen_random_uuid() constraint operations_uuid_key unique,
  tenant_id integer not null
    constraint operations_tenant_fkey references control.tenants (id) on delete cascade,
  relation_id integer,
  app text,
  datasource text,
  -- Sub of the principal who asked.
  principal text not null,
  kind text not null,
  definition jsonb,
  forward_sql text[] not null default '{}',
  rollback_sql text[] not null default '{}',
  status text not null default 'done'
    constraint operations_status_check check (status in ('pending', 'running', 'done', 'failed', 'rolled_back')),
  error text,
  request_id text,
  extra jsonb not null default '{}',
  created_at timestamptz(3) not null default now(),
  finished_at timestamptz(3)
);
create index operations_tenant_idx on control.operations (tenant_id, id);
comment on table control.operations is 'Schema operations: who changed the model when, the SQL and its reverse.';

create table control.logins (
  -- Name of a Postgres login role. Its binding is changed by rowhouse_owner only.
  rolname name constraint logins_pkey primary key,
  tenant_id integer not null
    constraint logins_tenant_fkey references control.tenants (id) on delete cascade,
  sub text not null,
  roles text[] not null default '{}',
  orgs text[] not null default '{}',
  -- 0 deny, 1 read, 2 edit, 3 full, 4 root.
  access smallint not null default 2 constraint logins_access_check check (access between 0 and 4),
  -- sub, roles and orgs, sorted, distinct: what access lists are compared with.
  names text[] not null,
  created_at timestamptz(3) not null default now()
);
create index logins_tenant_idx on control.logins (tenant_id);
comment on table control.logins is 'Which principal a login role is. A login role without a row here is nobody.';

create table control.accounts (
  tenant_id integer not null
    constraint accounts_tenant_fkey references control.tenants (id) on delete cascade,
  id uuid not null default gen_random_uuid(),
  username text not null,
  name text not null,
  email text,
  -- Null: the account cannot log in until it gets a password.
  password_hash text,
  access smallint not null default 2 constraint accounts_access_check check (access between 0 and 4),
  roles text[] not null default '{}',
  orgs text[] not null default '{}',
  extra jsonb not null default '{}',
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  constraint accounts_pkey primary key (tenant_id, id),
  constraint accounts_username_key unique (tenant_id, username)
);
-- enter() looks an account up by the token's sub, which need not be a uuid.
create unique index accounts_sub_key on control.accounts (tenant_id, (id::text));
comment on table control.accounts is 'Accounts that log in by password. access as in control.logins.';

create table control.retired (
  id bigint generated always as identity constraint retired_pkey primary key,
  tenant_id integer not null
    constraint retired_tenant_fkey references control.tenants (id) on delete cascade,
  app text not null,
  name text not null,
  -- Name of the table kept aside, in the tenant's schema.
  physical text not null,
  definition jsonb not null,
  retired_by text not null,
  retired_at timestamptz(3) not null default now(),
  constraint retired_physical_key unique (tenant_id, physical)
);
comment on table control.retired is 'Tables withdrawn from every dialect and role, rows kept for the operator.';

create table control.templates (
  name text constraint templates_pkey primary key,
  description text not null default '',
  -- {"tables": [TableDraft…], "rows": {"<table>": [row…]}}
  definition jsonb not null default '{}'
);
insert into control.templates (name, description) values ('empty', 'No tables');
comment on table control.templates is 'What a new tenant starts with.';

create table control.modules (
  name text constraint modules_pkey primary key,
  sha256 text not null,
  installed_at timestamptz(3) not null default now()
);
comment on table control.modules is 'Hash of each module file as installed.';

-- Who asks. Filled by rowhouse.principal() and believed from nowhere else.
create type rowhouse.principal as (
  tenant text,
  sub text,
  names text[],
  roles text[],
  orgs text[],
  level integer,
  sudo boolean,
  key text,
  rid text
);
comment on type rowhouse.principal is 'The identity of a session or request; level 0 deny … 4 root.';
