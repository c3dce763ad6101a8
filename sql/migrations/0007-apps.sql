-- Apps with their datasources, roles and members; what a table is besides its columns; the life cycle of all of them.
-- Run by the installer as rowhouse_owner.

alter table control.tenants
  -- Next ids of apps and datasources, per tenant.
  add column last_app integer not null default 0,
  add column last_datasource integer not null default 0;

create table control.apps (
  tenant_id integer not null
    constraint apps_tenant_fkey references control.tenants (id) on delete cascade,
  slug text not null constraint apps_slug_check check (slug ~ '^[a-z0-9][a-z0-9_-]*$'),
  id integer not null,
  name text not null,
  description text not null default '',
  -- allow_anonymous, default_policy, rate_limit_per_hour, and whatever clients keep there.
  settings jsonb not null default '{}' constraint apps_settings_check check (jsonb_typeof(settings) = 'object'),
  active boolean not null default true,
  created_by text not null,
  modified_by text,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  constraint apps_pkey primary key (tenant_id, slug),
  constraint apps_id_key unique (tenant_id, id)
);
comment on table control.apps is 'Apps of a tenant: names of tables are unique within one.';

create table control.datasources (
  tenant_id integer not null,
  app text not null,
  slug text not null constraint datasources_slug_check check (slug ~ '^[a-z0-9][a-z0-9_-]*$'),
  id integer not null,
  name text not null,
  provider text not null default 'flat_table'
    constraint datasources_provider_check check (provider in ('flat_table', 'jsonb')),
  config jsonb not null default '{}' constraint datasources_config_check check (jsonb_typeof(config) = 'object'),
  description text not null default '',
  active boolean not null default true,
  -- Deactivated because its app was: comes back with it.
  deactivated_with text constraint datasources_deactivated_with_check check (deactivated_with = 'app'),
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  constraint datasources_pkey primary key (tenant_id, app, slug),
  constraint datasources_id_key unique (tenant_id, id),
  constraint datasources_app_fkey foreign key (tenant_id, app)
    references control.apps (tenant_id, slug) on delete cascade
);
comment on table control.datasources is 'Groups of tables of an app, with the provider that new ones get.';

create table control.app_roles (
  tenant_id integer not null,
  app text not null,
  name text not null,
  -- Whoever holds this role holds the parent too.
  parent text,
  created_by text not null,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  constraint app_roles_pkey primary key (tenant_id, app, name),
  constraint app_roles_app_fkey foreign key (tenant_id, app)
    references control.apps (tenant_id, slug) on delete cascade,
  constraint app_roles_parent_fkey foreign key (tenant_id, app, parent)
    references control.app_roles (tenant_id, app, name)
);
create index app_roles_parent_idx on control.app_roles (tenant_id, app, parent);
comment on table control.app_roles is 'Roles within one app. owner and admin administer it.';

create table control.app_members (
  tenant_id integer not null,
  app text not null,
  role text not null,
  sub text not null,
  granted_by text not null,
  granted_at timestamptz(3) not null default now(),
  constraint app_members_pkey primary key (tenant_id, app, sub, role),
  constraint app_members_role_fkey foreign key (tenant_id, app, role)
    references control.app_roles (tenant_id, app, name) on delete cascade
);
create index app_members_role_idx on control.app_members (tenant_id, app, role);
comment on table control.app_members is 'Who holds a role of an app.';

alter table control.relations
  -- False: withdrawn from every dialect and role; the rows stay and the name stays taken.
  add column active boolean not null default true,
  -- With which of its parents it was deactivated, and comes back: its app, its datasource, or the table whose part it is.
  add column deactivated_with text
    constraint relations_deactivated_with_check check (deactivated_with in ('app', 'datasource', 'table')),
  -- References of other tables given up when it was deactivated: [{"table": id, "reference": Reference}].
  add column suspended jsonb,
  -- False: defined, no physical table yet.
  add column materialized boolean not null default true,
  -- Each as in model/table.ts; null: none.
  add column indexes jsonb,
  add column search jsonb,
  add column graph jsonb,
  -- The source document of the definition, as its maker wrote it.
  add column document jsonb,
  add column policy jsonb;

-- Tenants made before: the app and the datasources that every tenant has, and whatever else their tables name.
insert into control.apps (tenant_id, slug, id, name, created_by)
select a.tenant_id, a.slug, row_number() over (partition by a.tenant_id order by a.slug <> 'default', a.slug), a.slug,
  'rowhouse'
from (
  select t.id as tenant_id, 'default' as slug from control.tenants as t
  union
  select r.tenant_id, r.app from control.relations as r) as a;

insert into control.datasources (tenant_id, app, slug, id, name)
select d.tenant_id, d.app, d.slug,
  row_number() over (partition by d.tenant_id order by d.app <> 'default', d.app, d.slug), d.slug
from (
  select t.id as tenant_id, 'default' as app, v.slug
  from control.tenants as t cross join (values ('default'), ('objects')) as v (slug)
  union
  select r.tenant_id, r.app, r.datasource from control.relations as r) as d;

insert into control.app_roles (tenant_id, app, name, created_by)
select a.tenant_id, a.slug, v.name, 'rowhouse'
from control.apps as a cross join (values ('owner'), ('admin')) as v (name);

update control.tenants as t
set last_app = (select max(a.id) from control.apps as a where a.tenant_id = t.id),
  last_datasource = (select max(d.id) from control.datasources as d where d.tenant_id = t.id);
