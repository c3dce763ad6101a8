-- Roles held by recorded grants, enumerated types, views, and what a table offers to REST clients.
-- Run by the installer as rowhouse_owner.

create table control.roles (
  tenant_id integer not null
    constraint roles_tenant_fkey references control.tenants (id) on delete cascade,
  name text not null,
  id uuid not null default gen_random_uuid(),
  description text not null default '',
  created_by text not null,
  updated_by text not null,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  constraint roles_pkey primary key (tenant_id, name)
);
create unique index roles_name_key on control.roles (tenant_id, lower(name));
comment on table control.roles is 'Roles of a tenant. Tokens may name others, which hold nothing here.';

create table control.role_members (
  tenant_id integer not null,
  sub text not null,
  role text not null,
  granted_by text not null,
  granted_at timestamptz(3) not null default now(),
  constraint role_members_pkey primary key (tenant_id, sub, role),
  constraint role_members_role_fkey foreign key (tenant_id, role)
    references control.roles (tenant_id, name) on delete cascade
);
create index role_members_role_idx on control.role_members (tenant_id, role);
comment on table control.role_members is 'Who holds a role of the tenant, besides what tokens and logins bring.';

create table control.enums (
  tenant_id integer not null
    constraint enums_tenant_fkey references control.tenants (id) on delete cascade,
  name text not null,
  "values" text[] not null,
  created_at timestamptz(3) not null default now(),
  constraint enums_pkey primary key (tenant_id, name)
);
comment on table control.enums is 'Enumerated types in the tenant''s schema.';

alter table control.relations
  add column uniques jsonb,
  -- Null: all.
  add column endpoints text[],
  -- Null: the name.
  add column path text,
  -- {"query","rules","materialized","reads","source"} of a view, as in model/view.ts.
  add column "view" jsonb;

insert into control.roles (tenant_id, name, description, created_by, updated_by)
select t.id, r.name, r.description, 'rowhouse', 'rowhouse'
from control.tenants as t
cross join (values
  ('PGREST_ADMIN', 'Everything'), ('PGREST_ROLE_ADMIN', 'Roles'), ('PGREST_WRITE', 'Reads and writes rows'),
  ('PGREST_READ', 'Reads rows'), ('PGREST_USER', 'Reads views')) as r (name, description);

-- Tenants made before: the verbs that speak of no table.
do $$
declare
  tenant_schema text;
begin
  for tenant_schema in
    select 't_' || slug from control.tenants where to_regnamespace(quote_ident('t_' || slug)) is not null
  loop
    execute format('alter table %I._rowhouse_grants drop constraint _rowhouse_grants_verb_check', tenant_schema);
    execute format('alter table %I._rowhouse_grants add constraint _rowhouse_grants_verb_check
      check (verb in (''select'', ''insert'', ''update'', ''delete'', ''define'', ''grant'', ''view''))', tenant_schema);
    execute format('insert into %I._rowhouse_grants (role, verb) values
      (''PGREST_ADMIN'', ''define''), (''PGREST_ADMIN'', ''grant''), (''PGREST_ADMIN'', ''view''),
      (''PGREST_ROLE_ADMIN'', ''grant''), (''PGREST_WRITE'', ''view''), (''PGREST_READ'', ''view''),
      (''PGREST_USER'', ''view'') on conflict do nothing', tenant_schema);
  end loop;
end
$$;
