-- Policies of apps: who may do what with the rows of tables in mode policy, and with things kept elsewhere.
-- Run by the installer as rowhouse_owner.

create table control.policies (
  tenant_id integer not null
    constraint policies_tenant_fkey references control.tenants (id) on delete cascade,
  app text not null,
  -- datatable:posts:default, principal:<sub>:default, role:<name>, derived_roles:<name>
  id text not null,
  -- As uploaded: a Policy of model/policy.ts.
  body jsonb not null,
  enabled boolean not null default true,
  created_by text not null,
  updated_by text not null,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  constraint policies_pkey primary key (tenant_id, app, id)
);
comment on table control.policies is 'Policies of apps. Those on tables are compiled into row policies by the definition that stores them.';

-- The app of the table has joined the arguments.
drop function if exists rowhouse.require_definer(text, bigint, text, integer, text, boolean, boolean);

-- What P.attr is for a login role: the claims that a token would bring.
alter table control.logins add column attributes jsonb not null default '{}'
  constraint logins_attributes_check check (jsonb_typeof(attributes) = 'object');
