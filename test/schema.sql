schema control, owner rowhouse_owner

table control.accounts, owner rowhouse_owner
  tenant_id integer not null
  id uuid not null default gen_random_uuid()
  username text not null
  name text not null
  email text
  password_hash text
  access smallint not null default 2
  roles text[] not null default '{}'::text[]
  orgs text[] not null default '{}'::text[]
  extra jsonb not null default '{}'::jsonb
  created_at timestamp(3) with time zone not null default now()
  updated_at timestamp(3) with time zone not null default now()
  constraint accounts_access_check CHECK (((access >= 0) AND (access <= 4)))
  constraint accounts_pkey PRIMARY KEY (tenant_id, id)
  constraint accounts_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES control.tenants(id) ON DELETE CASCADE
  constraint accounts_username_key UNIQUE (tenant_id, username)
  CREATE UNIQUE INDEX accounts_sub_key ON control.accounts USING btree (tenant_id, ((id)::text))

table control.app_members, owner rowhouse_owner
  tenant_id integer not null
  app text not null
  role text not null
  sub text not null
  granted_by text not null
  granted_at timestamp(3) with time zone not null default now()
  constraint app_members_pkey PRIMARY KEY (tenant_id, app, sub, role)
  constraint app_members_role_fkey FOREIGN KEY (tenant_id, app, role) REFERENCES control.app_roles(tenant_id, app, name) ON DELETE CASCADE
  CREATE INDEX app_members_role_idx ON control.app_members USING btree (tenant_id, app, role)

table control.app_roles, owner rowhouse_owner
  tenant_id integer not null
  app text not null
  name text not null
  parent text
  created_by text not null
  created_at timestamp(3) with time zone not null default now()
  updated_at timestamp(3) with time zone not null default now()
  constraint app_roles_app_fkey FOREIGN KEY (tenant_id, app) REFERENCES control.apps(tenant_id, slug) ON DELETE CASCADE
  constraint app_roles_parent_fkey FOREIGN KEY (tenant_id, app, parent) REFERENCES control.app_roles(tenant_id, app, name)
  constraint app_roles_pkey PRIMARY KEY (tenant_id, app, name)
  CREATE INDEX app_roles_parent_idx ON control.app_roles USING btree (tenant_id, app, parent)

table control.apps, owner rowhouse_owner
  tenant_id integer not null
  slug text not null
  id integer not null
  name text not null
  description text not null default ''::text
  settings jsonb not null default '{}'::jsonb
  active boolean not null default true
  created_by text not null
  modified_by text
  created_at timestamp(3) with time zone not null default now()
  updated_at timestamp(3) with time zone not null default now()
  constraint apps_id_key UNIQUE (tenant_id, id)
  constraint apps_pkey PRIMARY KEY (tenant_id, slug)
  constraint apps_settings_check CHECK ((jsonb_typeof(settings) = 'object'::text))
  constraint apps_slug_check CHECK ((slug ~ '^[a-z0-9][a-z0-9_-]*$'::text))
  constraint apps_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES control.tenants(id) ON DELETE CASCADE

table control.cluster, owner rowhouse_owner
  system_identifier bigint not null
  seen_at timestamp(3) with time zone not null default now()
  constraint cluster_pkey PRIMARY KEY (system_identifier)

table control.columns, owner rowhouse_owner
  tenant_id integer not null
  relation_id integer not null
  "position" integer not null
  id uuid not null default gen_random_uuid()
  name text not null
  definition jsonb not null
  created_at timestamp(3) with time zone not null default now()
  updated_at timestamp(3) with time zone not null default now()
  constraint columns_pkey PRIMARY KEY (tenant_id, relation_id, name)
  constraint columns_relation_fkey FOREIGN KEY (tenant_id, relation_id) REFERENCES control.relations(tenant_id, id) ON DELETE CASCADE

table control.datasources, owner rowhouse_owner
  tenant_id integer not null
  app text not null
  slug text not null
  id integer not null
  name text not null
  provider text not null default 'flat_table'::text
  config jsonb not null default '{}'::jsonb
  description text not null default ''::text
  active boolean not null default true
  deactivated_with text
  created_at timestamp(3) with time zone not null default now()
  updated_at timestamp(3) with time zone not null default now()
  constraint datasources_app_fkey FOREIGN KEY (tenant_id, app) REFERENCES control.apps(tenant_id, slug) ON DELETE CASCADE
  constraint datasources_config_check CHECK ((jsonb_typeof(config) = 'object'::text))
  constraint datasources_deactivated_with_check CHECK ((deactivated_with = 'app'::text))
  constraint datasources_id_key UNIQUE (tenant_id, id)
  constraint datasources_pkey PRIMARY KEY (tenant_id, app, slug)
  constraint datasources_provider_check CHECK ((provider = ANY (ARRAY['flat_table'::text, 'jsonb'::text])))
  constraint datasources_slug_check CHECK ((slug ~ '^[a-z0-9][a-z0-9_-]*$'::text))

table control.deleted_accounts, owner rowhouse_owner
  tenant_id integer not null
  sub text not null
  deleted_at timestamp(3) with time zone not null default now()
  constraint deleted_accounts_pkey PRIMARY KEY (tenant_id, sub)
  constraint deleted_accounts_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES control.tenants(id) ON DELETE CASCADE

table control.enums, owner rowhouse_owner
  tenant_id integer not null
  name text not null
  "values" text[] not null
  created_at timestamp(3) with time zone not null default now()
  constraint enums_pkey PRIMARY KEY (tenant_id, name)
  constraint enums_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES control.tenants(id) ON DELETE CASCADE

table control.logins, owner rowhouse_owner
  rolname name not null
  tenant_id integer not null
  sub text not null
  roles text[] not null default '{}'::text[]
  orgs text[] not null default '{}'::text[]
  access smallint not null default 2
  names text[] not null
  created_at timestamp(3) with time zone not null default now()
  attributes jsonb not null default '{}'::jsonb
  constraint logins_access_check CHECK (((access >= 0) AND (access <= 4)))
  constraint logins_attributes_check CHECK ((jsonb_typeof(attributes) = 'object'::text))
  constraint logins_pkey PRIMARY KEY (rolname)
  constraint logins_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES control.tenants(id) ON DELETE CASCADE
  CREATE INDEX logins_tenant_idx ON control.logins USING btree (tenant_id)

table control.modules, owner rowhouse_owner
  name text not null
  sha256 text not null
  installed_at timestamp(3) with time zone not null default now()
  constraint modules_pkey PRIMARY KEY (name)

table control.operations, owner rowhouse_owner
  id bigint not null generated always as identity
  uuid uuid not null default gen_random_uuid()
  tenant_id integer not null
  relation_id integer
  app text
  datasource text
  principal text not null
  kind text not null
  definition jsonb
  forward_sql text[] not null default '{}'::text[]
  rollback_sql text[] not null default '{}'::text[]
  status text not null default 'done'::text
  error text
  request_id text
  extra jsonb not null default '{}'::jsonb
  created_at timestamp(3) with time zone not null default now()
  finished_at timestamp(3) with time zone
  changes jsonb not null default '[]'::jsonb
  before jsonb
  plan jsonb
  phases jsonb not null default '[]'::jsonb
  "position" integer not null default 0
  progress jsonb
  undoing boolean not null default false
  involved integer[] not null default '{}'::integer[]
  heartbeat timestamp(3) with time zone
  constraint operations_pkey PRIMARY KEY (id)
  constraint operations_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'running'::text, 'done'::text, 'failed'::text, 'rolled_back'::text])))
  constraint operations_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES control.tenants(id) ON DELETE CASCADE
  constraint operations_uuid_key UNIQUE (uuid)
  CREATE INDEX operations_relation_idx ON control.operations USING btree (tenant_id, relation_id, id)
  CREATE UNIQUE INDEX operations_running_key ON control.operations USING btree (tenant_id, relation_id) WHERE (status = 'running'::text)
  CREATE INDEX operations_tenant_idx ON control.operations USING btree (tenant_id, id)

sequence control.operations_id_seq, owner rowhouse_owner

table control.pgmigrations, owner rowhouse_owner
  id integer not null default nextval('control.pgmigrations_id_seq'::regclass)
  name character varying(255) not null
  run_on timestamp without time zone not null
  constraint pgmigrations_pkey PRIMARY KEY (id)

sequence control.pgmigrations_id_seq, owner rowhouse_owner

table control.policies, owner rowhouse_owner
  tenant_id integer not null
  app text not null
  id text not null
  body jsonb not null
  enabled boolean not null default true
  created_by text not null
  updated_by text not null
  created_at timestamp(3) with time zone not null default now()
  updated_at timestamp(3) with time zone not null default now()
  constraint policies_pkey PRIMARY KEY (tenant_id, app, id)
  constraint policies_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES control.tenants(id) ON DELETE CASCADE

table control.refs, owner rowhouse_owner
  tenant_id integer not null
  relation_id integer not null
  name text not null
  "position" integer not null default 0
  definition jsonb not null
  constraint refs_pkey PRIMARY KEY (tenant_id, name)
  constraint refs_relation_fkey FOREIGN KEY (tenant_id, relation_id) REFERENCES control.relations(tenant_id, id) ON DELETE CASCADE
  CREATE INDEX refs_relation_idx ON control.refs USING btree (tenant_id, relation_id)

table control.relations, owner rowhouse_owner
  tenant_id integer not null
  id integer not null
  uuid uuid not null default gen_random_uuid()
  app text not null default 'default'::text
  datasource text not null default 'default'::text
  name text not null
  physical text not null
  kind text not null default 'table'::text
  provider text not null default 'flat_table'::text
  access text not null
  status text not null default 'active'::text
  features jsonb not null default '{}'::jsonb
  "freeze" boolean not null default false
  sudo boolean not null default false
  key text[] not null default '{}'::text[]
  description text
  "position" integer not null default 0
  extra jsonb not null default '{}'::jsonb
  created_at timestamp(3) with time zone not null default now()
  updated_at timestamp(3) with time zone not null default now()
  uniques jsonb
  endpoints text[]
  path text
  view jsonb
  active boolean not null default true
  deactivated_with text
  suspended jsonb
  materialized boolean not null default true
  indexes jsonb
  search jsonb
  graph jsonb
  document jsonb
  policy jsonb
  holder text
  constraint relations_access_check CHECK ((access = ANY (ARRAY['grants'::text, 'acl'::text, 'lists'::text, 'policy'::text])))
  constraint relations_deactivated_with_check CHECK ((deactivated_with = ANY (ARRAY['app'::text, 'datasource'::text, 'table'::text])))
  constraint relations_kind_check CHECK ((kind = ANY (ARRAY['table'::text, 'view'::text])))
  constraint relations_name_key UNIQUE (tenant_id, app, name)
  constraint relations_physical_key UNIQUE (tenant_id, physical)
  constraint relations_pkey PRIMARY KEY (tenant_id, id)
  constraint relations_provider_check CHECK ((provider = ANY (ARRAY['flat_table'::text, 'jsonb'::text])))
  constraint relations_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'active'::text, 'disabled'::text])))
  constraint relations_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES control.tenants(id) ON DELETE CASCADE
  constraint relations_uuid_key UNIQUE (uuid)

table control.retired, owner rowhouse_owner
  id bigint not null generated always as identity
  tenant_id integer not null
  app text not null
  name text not null
  physical text not null
  definition jsonb not null
  retired_by text not null
  retired_at timestamp(3) with time zone not null default now()
  constraint retired_physical_key UNIQUE (tenant_id, physical)
  constraint retired_pkey PRIMARY KEY (id)
  constraint retired_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES control.tenants(id) ON DELETE CASCADE

sequence control.retired_id_seq, owner rowhouse_owner

table control.role_members, owner rowhouse_owner
  tenant_id integer not null
  sub text not null
  role text not null
  granted_by text not null
  granted_at timestamp(3) with time zone not null default now()
  constraint role_members_pkey PRIMARY KEY (tenant_id, sub, role)
  constraint role_members_role_fkey FOREIGN KEY (tenant_id, role) REFERENCES control.roles(tenant_id, name) ON DELETE CASCADE
  CREATE INDEX role_members_role_idx ON control.role_members USING btree (tenant_id, role)

table control.roles, owner rowhouse_owner
  tenant_id integer not null
  name text not null
  id uuid not null default gen_random_uuid()
  description text not null default ''::text
  created_by text not null
  updated_by text not null
  created_at timestamp(3) with time zone not null default now()
  updated_at timestamp(3) with time zone not null default now()
  constraint roles_pkey PRIMARY KEY (tenant_id, name)
  constraint roles_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES control.tenants(id) ON DELETE CASCADE
  CREATE UNIQUE INDEX roles_name_key ON control.roles USING btree (tenant_id, lower(name))

table control.templates, owner rowhouse_owner
  name text not null
  description text not null default ''::text
  definition jsonb not null default '{}'::jsonb
  constraint templates_pkey PRIMARY KEY (name)

table control.tenants, owner rowhouse_owner
  id integer not null generated always as identity
  slug text not null
  name text not null
  status text not null default 'active'::text
  version bigint not null default 1
  last_relation integer not null default 0
  generated text
  description text
  created_at timestamp(3) with time zone not null default now()
  last_app integer not null default 0
  last_datasource integer not null default 0
  constraint tenants_pkey PRIMARY KEY (id)
  constraint tenants_slug_check CHECK ((slug ~ '^[a-z][a-z0-9_-]{0,39}$'::text))
  constraint tenants_slug_key UNIQUE (slug)
  constraint tenants_status_check CHECK ((status = ANY (ARRAY['active'::text, 'inactive'::text])))

sequence control.tenants_id_seq, owner rowhouse_owner

table control.turns, owner rowhouse_owner
  key bytea not null
  parts jsonb not null default '{}'::jsonb
  level double precision
  looked_at double precision not null default 0
  seen timestamp with time zone not null default now()
  constraint turns_pkey PRIMARY KEY (key)
  CREATE INDEX turns_seen_idx ON control.turns USING btree (seen)

schema rowhouse, owner rowhouse_owner
  grant usage to rowhouse_gateway
  grant usage to rowhouse_tenant

type rowhouse.principal as (tenant text, sub text, names text[], roles text[], orgs text[], level integer, sudo boolean, key text, rid text)

function rowhouse.access_of(tenant text, logical text, key text)
  returns jsonb
  plpgsql, stable, as rowhouse_owner, set search_path=pg_catalog, pg_temp

function rowhouse.acl_digest(mode text, read text[], edit text[], "full" text[], delete text[], deny text[], authors text[])
  returns bytea
  plpgsql, immutable, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.acl_digest(read text[], edit text[], "full" text[], delete text[], deny text[], authors text[])
  returns bytea
  plpgsql, immutable, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.acl_verdict(mode text, wanted text, level integer, sudo boolean, mine integer[], me integer, anyone integer, read integer[], edit integer[], "full" integer[], delete integer[], deny integer[], authors integer[])
  returns boolean
  sql, immutable, parallel safe, as the caller

function rowhouse.acting_roles(tenant text, app text, reading boolean)
  returns text[]
  plpgsql, stable, parallel restricted, as rowhouse_owner, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.active_org(tenant text)
  returns text
  plpgsql, stable, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.administers(tenant text, app text)
  returns boolean
  plpgsql, stable, parallel restricted, as rowhouse_owner, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.administers(tenant text, app text, claims jsonb)
  returns boolean
  sql, stable, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.admit(tenant text, version bigint, claims text)
  returns text
  plpgsql, stable, as rowhouse_owner, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_gateway

function rowhouse.allowed_anyway_of(tenant text, app text, sub text, unspoken boolean)
  returns boolean
  plpgsql, stable, parallel restricted, as rowhouse_owner, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.allowed_anyway(tenant text, app text, unspoken boolean)
  returns boolean
  plpgsql, stable, parallel restricted, as rowhouse_owner, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.allows(tenant text, wanted text, acl integer)
  returns boolean
  plpgsql, volatile, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.app_roles_of(tenant text, app text, sub text, held text[])
  returns text[]
  sql, stable, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.app_roles(tenant text, app text)
  returns text[]
  plpgsql, stable, parallel restricted, as rowhouse_owner, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.apps(tenant_id integer)
  returns json
  sql, stable, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.authorship(tenant text, sent text[])
  returns text[]
  plpgsql, stable, as rowhouse_owner, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.belongs(tenant text)
  returns boolean
  plpgsql, stable, parallel restricted, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_gateway
  grant execute to rowhouse_tenant

function rowhouse.bound_fault(definition jsonb, plain text, type text)
  returns text[]
  plpgsql, stable, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.bounded(reply text)
  returns text
  plpgsql, stable, parallel safe, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_gateway
  grant execute to rowhouse_tenant

function rowhouse.caller_id(tenant text)
  returns text
  plpgsql, stable, parallel restricted, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.cascade_trash()
  returns trigger
  plpgsql, volatile, as rowhouse_owner, set search_path=pg_catalog, pg_temp

function rowhouse.castable(value text, type text)
  returns boolean
  plpgsql, stable, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.catalog(tenant text)
  returns json
  sql, stable, as rowhouse_owner, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_gateway

function rowhouse.cel_between(a timestamp with time zone, b timestamp with time zone)
  returns interval
  plpgsql, immutable, parallel safe, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.cel_boolean(value jsonb)
  returns boolean
  sql, immutable, parallel safe, as the caller
  grant execute to rowhouse_tenant

function rowhouse.cel_compare(a jsonb, b jsonb)
  returns integer
  plpgsql, immutable, parallel safe, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.cel_day(value date)
  returns timestamp with time zone
  sql, immutable, parallel safe, as the caller
  grant execute to rowhouse_tenant

function rowhouse.cel_duration(value interval)
  returns interval
  plpgsql, immutable, parallel safe, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.cel_in(item jsonb, list jsonb)
  returns boolean
  plpgsql, immutable, parallel safe, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.cel_integer(value jsonb)
  returns bigint
  plpgsql, immutable, parallel safe, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.cel_later(value timestamp with time zone, by interval)
  returns timestamp with time zone
  plpgsql, immutable, parallel safe, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.cel_moment(value timestamp with time zone)
  returns timestamp with time zone
  sql, immutable, parallel safe, as the caller
  grant execute to rowhouse_tenant

function rowhouse.cel_number(value jsonb)
  returns numeric
  sql, immutable, parallel safe, as the caller
  grant execute to rowhouse_tenant

function rowhouse.cel_plus(a jsonb, b jsonb)
  returns jsonb
  plpgsql, immutable, parallel safe, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.cel_real(value numeric)
  returns numeric
  sql, immutable, parallel safe, as the caller
  grant execute to rowhouse_tenant

function rowhouse.cel_size(value jsonb)
  returns integer
  plpgsql, immutable, parallel safe, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.cel_strings(value jsonb)
  returns text[]
  plpgsql, immutable, parallel safe, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.cel_string(value jsonb)
  returns text
  sql, immutable, parallel safe, as the caller
  grant execute to rowhouse_tenant

function rowhouse.cel_timestamp(value text)
  returns timestamp with time zone
  plpgsql, immutable, parallel safe, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.cel_uuid(value text)
  returns uuid
  sql, immutable, parallel safe, as the caller
  grant execute to rowhouse_tenant

function rowhouse.cel_whole(value numeric)
  returns numeric
  sql, immutable, parallel safe, as the caller
  grant execute to rowhouse_tenant

function rowhouse.change_access(relation integer, keys text[], mode text, lists jsonb, strict boolean)
  returns TABLE(key text, acl integer, lists_after jsonb, after jsonb)
  plpgsql, volatile, as rowhouse_owner, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.change_listed(relation integer, condition jsonb, change jsonb, only_unread boolean)
  returns bigint
  plpgsql, volatile, as rowhouse_owner, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.change(tenant text, logical text, key text, "row" jsonb, read text[], edit text[], "full" text[], delete text[], deny text[])
  returns boolean
  plpgsql, volatile, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.cheapest(graph jsonb, ends anyarray, direction text, depth integer, types text[], weight text, most integer)
  returns anyarray
  plpgsql, stable, as the caller, set search_path=pg_catalog, pg_temp and jit=off
  grant execute to rowhouse_tenant

function rowhouse.check_edges()
  returns trigger
  plpgsql, volatile, as rowhouse_owner, set search_path=pg_catalog, pg_temp

function rowhouse.check_reference()
  returns trigger
  plpgsql, volatile, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.choice_fault(definition jsonb, value jsonb)
  returns text[]
  plpgsql, stable, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.claims_in(tenant text)
  returns jsonb
  plpgsql, stable, parallel restricted, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_gateway
  grant execute to rowhouse_tenant

function rowhouse.claim(tenant text, path text[])
  returns jsonb
  plpgsql, stable, parallel restricted, as rowhouse_owner, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.close_view_owner(tenant text)
  returns void
  plpgsql, volatile, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.column_fault(definition jsonb, value jsonb)
  returns text[]
  plpgsql, stable, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.count_misfits(relation text, expression text, longest integer)
  returns bigint
  plpgsql, volatile, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.create_default_app(tenant text)
  returns void
  sql, volatile, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.create_group_roles(tenant text)
  returns void
  plpgsql, volatile, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.create_login(login text, password text, tenant text, sub text, roles text[], orgs text[], access text)
  returns void
  plpgsql, volatile, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.create_tenant_role(tenant text)
  returns void
  plpgsql, volatile, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.create_view_owner(tenant text)
  returns void
  plpgsql, volatile, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.default_of(relation oid, column_name text)
  returns jsonb
  plpgsql, stable, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.disown(role_name name)
  returns void
  plpgsql, volatile, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.draw(sequence regclass, last bigint, given bigint)
  returns void
  plpgsql, volatile, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.drop_login(login text)
  returns void
  plpgsql, volatile, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.drop_tenant_role(tenant text)
  returns void
  plpgsql, volatile, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.edge_author()
  returns trigger
  plpgsql, volatile, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.edge_json(graph jsonb, edge text)
  returns text
  plpgsql, stable, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.edge_weight(metadata jsonb, field text)
  returns numeric
  plpgsql, immutable, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.edges_text(graph jsonb, direction text)
  returns text
  plpgsql, stable, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.enter(tenant text, version bigint, claims text, show text, intent text)
  returns void
  plpgsql, volatile, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_gateway

function rowhouse.extend(tenant text, lag integer)
  returns void
  plpgsql, volatile, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.faults(relation integer, rows jsonb, mode text)
  returns jsonb
  plpgsql, stable, as rowhouse_owner, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.follow_number()
  returns trigger
  plpgsql, volatile, as rowhouse_owner, set search_path=pg_catalog, pg_temp

function rowhouse.follow_numbers()
  returns trigger
  plpgsql, volatile, as rowhouse_owner, set search_path=pg_catalog, pg_temp

function rowhouse.followed(graph jsonb, nodes anyarray, direction text, types text[], most integer)
  returns TABLE(edge json)
  plpgsql, stable, as the caller, set search_path=pg_catalog, pg_temp and jit=off
  grant execute to rowhouse_tenant

function rowhouse.format_fault(definition jsonb, value jsonb)
  returns text[]
  sql, immutable, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.graph_of(tenant text, logical text)
  returns jsonb
  plpgsql, stable, as rowhouse_owner, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.graph_path(tenant text, logical text, source text, target text, direction text, types text[], weight text, depth integer)
  returns TABLE(place integer, key text, edge json, cost numeric)
  plpgsql, stable, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.graph_reach(tenant text, logical text, node text, direction text, depth integer, types text[])
  returns TABLE(key text, distance integer)
  plpgsql, stable, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.group_roles()
  returns text[]
  sql, immutable, parallel safe, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.guard_frozen()
  returns trigger
  plpgsql, volatile, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.guard_held()
  returns trigger
  plpgsql, volatile, as the caller, set search_path=pg_catalog, pg_temp and extra_float_digits=1

function rowhouse.guard_immutable()
  returns trigger
  plpgsql, volatile, as the caller, set search_path=pg_catalog, pg_temp and extra_float_digits=1

function rowhouse.guard_insert()
  returns trigger
  plpgsql, volatile, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.guard_intent()
  returns trigger
  plpgsql, volatile, as the caller, set search_path=pg_catalog, pg_temp and extra_float_digits=1

function rowhouse.guard_lists()
  returns trigger
  plpgsql, volatile, as rowhouse_owner, set search_path=pg_catalog, pg_temp

function rowhouse.guard_sudo()
  returns trigger
  plpgsql, volatile, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.guard_sudo_columns()
  returns trigger
  plpgsql, volatile, as the caller, set search_path=pg_catalog, pg_temp and extra_float_digits=1

function rowhouse.has_format(value jsonb, format text)
  returns boolean
  sql, immutable, parallel safe, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.has_format(value point, format text)
  returns boolean
  sql, immutable, parallel safe, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.has_format(value text, format text)
  returns boolean
  sql, immutable, parallel safe, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.held_date(value text)
  returns date
  sql, immutable, parallel safe, as the caller, set search_path=pg_catalog, pg_temp and DateStyle=ISO, YMD
  grant execute to rowhouse_tenant

function rowhouse.held_default(definition jsonb)
  returns jsonb
  sql, volatile, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.held_faults(definitions jsonb, held jsonb)
  returns jsonb
  plpgsql, stable, as rowhouse_owner, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.held_items(value jsonb)
  returns text[]
  sql, immutable, parallel safe, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.held_time(value text)
  returns timestamp with time zone
  sql, immutable, parallel safe, as the caller, set search_path=pg_catalog, pg_temp and DateStyle=ISO, YMD and TimeZone=UTC
  grant execute to rowhouse_tenant

function rowhouse.history_text(column_name name, type oid)
  returns text
  sql, stable, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.history_value(value jsonb, is_time boolean)
  returns jsonb
  sql, stable, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.holder(relations integer[], key text)
  returns text
  plpgsql, stable, as rowhouse_owner, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.holds_all(tenant text, roles text[])
  returns boolean
  sql, stable, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.ids_of(list text[], known jsonb)
  returns integer[]
  sql, immutable, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.intended_right()
  returns text
  sql, stable, parallel restricted, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.intern_acl(tenant text, mode text, read text[], edit text[], "full" text[], delete text[], deny text[], authors text[])
  returns integer
  plpgsql, volatile, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.intern_acl(tenant text, read text[], edit text[], "full" text[], delete text[], deny text[], authors text[])
  returns integer
  plpgsql, volatile, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.is_gone(relation integer, row_key text)
  returns boolean
  plpgsql, stable, parallel restricted, as rowhouse_owner, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.is_iso(definition jsonb, value jsonb)
  returns boolean
  sql, immutable, parallel safe, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.is_maintenance()
  returns boolean
  sql, stable, as the caller
  grant execute to rowhouse_tenant

function rowhouse.is_sudo()
  returns boolean
  sql, stable, parallel restricted, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_gateway
  grant execute to rowhouse_tenant

function rowhouse.json_duration(value interval)
  returns text
  sql, stable, parallel safe, as the caller, set search_path=pg_catalog, pg_temp and IntervalStyle=iso_8601
  grant execute to rowhouse_gateway
  grant execute to rowhouse_tenant

function rowhouse.json_merge(target jsonb, patch jsonb)
  returns jsonb
  plpgsql, immutable, parallel safe, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_gateway
  grant execute to rowhouse_tenant

function rowhouse.json_number(value bigint)
  returns json
  sql, stable, parallel safe, as the caller
  grant execute to rowhouse_gateway
  grant execute to rowhouse_tenant

function rowhouse.json_number(value numeric)
  returns json
  sql, stable, parallel safe, as the caller
  grant execute to rowhouse_gateway
  grant execute to rowhouse_tenant

function rowhouse.json_time(value timestamp with time zone, style text)
  returns json
  sql, stable, parallel safe, as the caller
  grant execute to rowhouse_gateway
  grant execute to rowhouse_tenant

function rowhouse.key_in(tenant text)
  returns text
  plpgsql, stable, parallel restricted, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.key_matches(key text, test jsonb)
  returns boolean
  plpgsql, immutable, parallel safe, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.key_type(graph jsonb)
  returns text
  sql, stable, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.length_fault(definition jsonb, value jsonb)
  returns text[]
  sql, immutable, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.level()
  returns integer
  sql, stable, parallel restricted, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_gateway
  grant execute to rowhouse_tenant

function rowhouse.list_verdict(wanted text, mine anyarray, me anyelement, anyone anyelement, read anyarray, edit anyarray, "full" anyarray, delete anyarray, deny anyarray, authors anyarray)
  returns boolean
  sql, immutable, parallel safe, as the caller

function rowhouse.listed_relation(relation integer)
  returns control.relations
  plpgsql, stable, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.lists_sent(read text[], edit text[], "full" text[], delete text[], deny text[])
  returns jsonb
  sql, immutable, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.lock_edges()
  returns trigger
  plpgsql, volatile, as rowhouse_owner, set search_path=pg_catalog, pg_temp

function rowhouse.looks_ends_up(graph jsonb)
  returns boolean
  plpgsql, stable, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.mark_instead()
  returns trigger
  plpgsql, volatile, as rowhouse_owner, set search_path=pg_catalog, pg_temp and extra_float_digits=1

function rowhouse.mark_of(tenant text, logical text)
  returns text
  plpgsql, stable, as rowhouse_owner, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.may_create()
  returns boolean
  sql, stable, parallel restricted, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_gateway
  grant execute to rowhouse_tenant

function rowhouse.may_create(tenant text)
  returns boolean
  plpgsql, stable, parallel restricted, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_gateway
  grant execute to rowhouse_tenant

function rowhouse.may_view(tenant text, relation integer)
  returns boolean
  sql, stable, as rowhouse_owner, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.may(relation integer, verb text)
  returns boolean
  plpgsql, stable, parallel restricted, as rowhouse_owner, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.measure(tenant text, version bigint, claims text, app text)
  returns json
  plpgsql, stable, as rowhouse_owner, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_gateway

function rowhouse.members(list text[])
  returns text[]
  plpgsql, immutable, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.merged(mode text, before text[], lists jsonb, list text)
  returns text[]
  sql, immutable, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.mirror_grants(tenant text, sub text)
  returns void
  plpgsql, volatile, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.names_of(sub text, roles text[], orgs text[])
  returns text[]
  sql, immutable, parallel safe, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.next_number()
  returns trigger
  plpgsql, volatile, as rowhouse_owner, set search_path=pg_catalog, pg_temp

function rowhouse.nodes_text(graph jsonb)
  returns text
  plpgsql, stable, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.ones(bits bit varying)
  returns integer[]
  sql, immutable, parallel safe, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.open_edges_text(graph jsonb, direction text)
  returns text
  plpgsql, stable, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.operations(tenant text, version bigint, claims text, relation integer, operation text, most integer)
  returns json
  plpgsql, stable, as rowhouse_owner, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_gateway

function rowhouse.path(graph jsonb, ends anyarray, direction text, depth integer, types text[], weight text, most integer)
  returns TABLE(place integer, node anyelement, edge json, cost numeric)
  plpgsql, stable, as the caller, set search_path=pg_catalog, pg_temp and jit=off
  grant execute to rowhouse_tenant

function rowhouse.paths(graph jsonb, roots anyarray, direction text, depth integer, types text[], most integer)
  returns TABLE(place integer, node anyelement, distance integer, type text, outgoing boolean)
  plpgsql, stable, as the caller, set search_path=pg_catalog, pg_temp and jit=off
  grant execute to rowhouse_tenant

function rowhouse.place_of(tenant text, logical text, OUT id integer, OUT schema_name text, OUT physical text, OUT key text, OUT type text, OUT soft boolean)
  returns record
  plpgsql, stable, as rowhouse_owner, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.policies(tenant_id integer)
  returns json
  sql, stable, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.present()
  returns timestamp with time zone
  sql, stable, parallel safe, as the caller
  grant execute to rowhouse_gateway
  grant execute to rowhouse_tenant

function rowhouse.principal()
  returns rowhouse.principal
  plpgsql, stable, parallel restricted, as rowhouse_owner, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_gateway
  grant execute to rowhouse_tenant

function rowhouse.principal_in(tenant text)
  returns rowhouse.principal
  plpgsql, stable, parallel restricted, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_gateway
  grant execute to rowhouse_tenant

function rowhouse.put_listed(relation integer, rows jsonb)
  returns TABLE(n bigint, key text, shown boolean, acl integer, lists_after jsonb, after jsonb)
  plpgsql, volatile, as rowhouse_owner, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.put(tenant text, logical text, "row" jsonb, read text[], edit text[], "full" text[], delete text[], deny text[])
  returns jsonb
  plpgsql, volatile, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.reach(graph jsonb, roots anyarray, direction text, depth integer, types text[], most integer)
  returns TABLE(node anyelement, distance integer)
  plpgsql, stable, as the caller, set search_path=pg_catalog, pg_temp and jit=off
  grant execute to rowhouse_tenant

function rowhouse.reading()
  returns text
  plpgsql, stable, parallel restricted, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.record_history()
  returns trigger
  plpgsql, volatile, as rowhouse_owner, set search_path=pg_catalog, pg_temp and extra_float_digits=1 and IntervalStyle=postgres and TimeZone=UTC

function rowhouse.refuse(code text, message text, detail jsonb, hint text)
  returns void
  plpgsql, volatile, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_gateway
  grant execute to rowhouse_tenant

function rowhouse.relation_of(tenant text, logical text)
  returns control.relations
  plpgsql, stable, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.relisted(tenant text, acl integer, lists jsonb)
  returns integer
  plpgsql, volatile, as rowhouse_owner, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.remove_listed(relation integer, condition jsonb, only_unread boolean)
  returns bigint
  plpgsql, volatile, as rowhouse_owner, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.remove(tenant text, logical text, key text)
  returns boolean
  plpgsql, volatile, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.require_acl(known integer)
  returns void
  plpgsql, volatile, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.require_app_right(held boolean, "right" text)
  returns void
  plpgsql, stable, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.require_definer(tenant text, version bigint, claims text, relation integer, access text, switches_only boolean, force boolean, app text)
  returns void
  plpgsql, stable, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.require_held(relation text, holder text, definitions jsonb)
  returns void
  plpgsql, stable, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.require_reach(reaches boolean)
  returns void
  plpgsql, stable, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.require_right("right" text, app text)
  returns void
  plpgsql, stable, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.require_right(tenant text, version bigint, claims text, "right" text, app text)
  returns void
  plpgsql, stable, as rowhouse_owner, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_gateway

function rowhouse.require_verb(tenant text, version bigint, claims text, verb text)
  returns void
  plpgsql, stable, as rowhouse_owner, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_gateway

function rowhouse.require_view(tenant text, relation integer)
  returns void
  plpgsql, stable, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.restore(tenant text, logical text, key text)
  returns boolean
  plpgsql, volatile, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.roles_of(tenant text, app text, sub text, roles text[])
  returns text[]
  plpgsql, stable, parallel restricted, as rowhouse_owner, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.row_condition(relation regclass)
  returns text
  plpgsql, stable, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.settable(r control.relations, fields jsonb)
  returns text[]
  plpgsql, stable, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.settle_stamps()
  returns boolean
  plpgsql, volatile, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.share(tenant text, logical text, key text, read text[], edit text[], "full" text[], delete text[], deny text[], authors text[], mode text)
  returns jsonb
  plpgsql, volatile, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.shortest(graph jsonb, ends anyarray, direction text, depth integer, types text[], most integer)
  returns anyarray
  plpgsql, stable, as the caller, set search_path=pg_catalog, pg_temp and jit=off
  grant execute to rowhouse_tenant

function rowhouse.shown_followed(graph jsonb, nodes anyarray, direction text, types text[], most integer)
  returns TABLE(edge json)
  plpgsql, stable, as rowhouse_owner, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.shown_graph(graph jsonb, keys regtype)
  returns jsonb
  plpgsql, stable, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.shown_path(graph jsonb, ends anyarray, direction text, depth integer, types text[], weight text, most integer)
  returns TABLE(place integer, node anyelement, edge json, cost numeric)
  plpgsql, stable, as rowhouse_owner, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.shown_paths(graph jsonb, roots anyarray, direction text, depth integer, types text[], most integer)
  returns TABLE(place integer, node anyelement, distance integer, type text, outgoing boolean)
  plpgsql, stable, as rowhouse_owner, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.shown_reach(graph jsonb, roots anyarray, direction text, depth integer, types text[], most integer)
  returns TABLE(node anyelement, distance integer)
  plpgsql, stable, as rowhouse_owner, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.shown_walk(graph jsonb, roots anyarray, direction text, depth integer, types text[], most integer, apart boolean)
  returns TABLE(root integer, node anyelement, distance integer, type text, outgoing boolean, trail text)
  plpgsql, stable, as rowhouse_owner, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.shows(what text)
  returns boolean
  plpgsql, stable, parallel restricted, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_gateway
  grant execute to rowhouse_tenant

function rowhouse.sort_number(value jsonb)
  returns numeric
  sql, immutable, parallel safe, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_gateway
  grant execute to rowhouse_tenant

function rowhouse.sort_text(value jsonb)
  returns text
  sql, immutable, parallel safe, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_gateway
  grant execute to rowhouse_tenant

function rowhouse.sort_time(value jsonb)
  returns timestamp with time zone
  plpgsql, immutable, parallel safe, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_gateway
  grant execute to rowhouse_tenant

function rowhouse.sparse(schema_name text, bits bit varying, relation regclass, page integer)
  returns boolean
  plpgsql, volatile, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.stamp()
  returns trigger
  plpgsql, volatile, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.strings(value jsonb)
  returns text[]
  sql, immutable, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.take_turn(limits jsonb)
  returns jsonb
  plpgsql, volatile, as rowhouse_owner, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_gateway

function rowhouse.too_many(what text, most integer)
  returns void
  plpgsql, stable, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.touch()
  returns trigger
  plpgsql, volatile, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.trash_instead()
  returns trigger
  plpgsql, volatile, as rowhouse_owner, set search_path=pg_catalog, pg_temp and extra_float_digits=1

function rowhouse.type_of(definition jsonb)
  returns text
  sql, immutable, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.unrestricted(held text[], restricted text[])
  returns boolean
  sql, immutable, parallel safe, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_tenant

function rowhouse.uuid_v7()
  returns uuid
  plpgsql, volatile, parallel safe, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to rowhouse_gateway
  grant execute to rowhouse_tenant

function rowhouse.value_fault(definition jsonb, value jsonb)
  returns text[]
  plpgsql, stable, as the caller, set search_path=pg_catalog, pg_temp

function rowhouse.verdict_key(level text, sudo text, names jsonb, sub text)
  returns text
  sql, immutable, parallel safe, as the caller

function rowhouse.verdict(wanted text, level integer, sudo boolean, mine integer[], read integer[], edit integer[], "full" integer[], delete integer[], deny integer[])
  returns boolean
  sql, immutable, parallel safe, as the caller

function rowhouse.visible_nodes(graph jsonb, keys anyarray)
  returns anyarray
  plpgsql, stable, as the caller, set search_path=pg_catalog, pg_temp and jit=off
  grant execute to rowhouse_tenant

function rowhouse.walk(graph jsonb, roots anyarray, direction text, depth integer, types text[], most integer, apart boolean)
  returns TABLE(root integer, node anyelement, distance integer, type text, outgoing boolean, trail text)
  plpgsql, stable, as the caller, set search_path=pg_catalog, pg_temp and jit=off
  grant execute to rowhouse_tenant

function rowhouse.wanted_rows(r control.relations, schema_name text, condition jsonb, only_unread boolean)
  returns text
  sql, stable, as the caller, set search_path=pg_catalog, pg_temp

schema t_acme, owner rowhouse_owner
  grant usage to t_acme

table t_acme._rowhouse_acls, owner rowhouse_owner
  id integer not null generated always as identity
  read text[] not null default '{}'::text[]
  edit text[] not null default '{}'::text[]
  "full" text[] not null default '{}'::text[]
  delete text[] not null default '{}'::text[]
  deny text[] not null default '{}'::text[]
  authors text[] not null default '{}'::text[]
  read_ids integer[] not null default '{}'::integer[]
  edit_ids integer[] not null default '{}'::integer[]
  full_ids integer[] not null default '{}'::integer[]
  delete_ids integer[] not null default '{}'::integer[]
  deny_ids integer[] not null default '{}'::integer[]
  authors_ids integer[] not null default '{}'::integer[]
  digest bytea not null
  mode text not null default 'acl'::text
  constraint _rowhouse_acls_digest_key UNIQUE (digest)
  constraint _rowhouse_acls_pkey PRIMARY KEY (id)
  row security forced
  policy _owner for all to rowhouse_owner
    using true
    check true
  policy _select for select to t_acme
    using (( SELECT ((SESSION_USER = 'rowhouse_gateway'::name) AND (pg_current_xact_id_if_assigned() IS NULL))) OR (get_bit((( SELECT t_acme._rowhouse_readable() AS _rowhouse_readable))::"bit", id) = 1))

sequence t_acme._rowhouse_acls_id_seq, owner rowhouse_owner

table t_acme._rowhouse_grants, owner rowhouse_owner
  id integer not null generated always as identity
  relation integer
  verb text not null
  role text not null
  constraint _rowhouse_grants_key UNIQUE NULLS NOT DISTINCT (role, verb, relation)
  constraint _rowhouse_grants_pkey PRIMARY KEY (id)
  constraint _rowhouse_grants_verb_check CHECK ((verb = ANY (ARRAY['select'::text, 'insert'::text, 'update'::text, 'delete'::text, 'define'::text, 'grant'::text, 'view'::text])))
  row security forced
  policy _owner for all to rowhouse_owner
    using true
    check true

sequence t_acme._rowhouse_grants_id_seq, owner rowhouse_owner

table t_acme._rowhouse_history, owner rowhouse_owner
  change_id bigint not null generated always as identity
  relation integer not null
  row_key text not null
  operation text not null
  changes jsonb not null
  created_by text not null
  created_at timestamp(3) with time zone not null default now()
  request_id text
  metadata jsonb not null default '{}'::jsonb
  constraint _rowhouse_history_operation_check CHECK ((operation = ANY (ARRAY['create'::text, 'update'::text, 'delete'::text])))
  constraint _rowhouse_history_pkey PRIMARY KEY (change_id)
  CREATE INDEX _rowhouse_history_row_idx ON t_acme._rowhouse_history USING btree (relation, row_key, change_id)
  row security forced
  policy _owner for all to rowhouse_owner
    using true
    check true
  grant select to t_acme

sequence t_acme._rowhouse_history_change_id_seq, owner rowhouse_owner

table t_acme._rowhouse_principals, owner rowhouse_owner
  id integer not null generated always as identity
  name text not null
  constraint _rowhouse_principals_name_check CHECK (((name <> ''::text) AND (octet_length(name) <= 255)))
  constraint _rowhouse_principals_name_key UNIQUE (name)
  constraint _rowhouse_principals_pkey PRIMARY KEY (id)
  row security forced
  policy _owner for all to rowhouse_owner
    using true
    check true

sequence t_acme._rowhouse_principals_id_seq, owner rowhouse_owner

table t_acme._rowhouse_verdicts, owner rowhouse_owner
  key text not null
  "right" text not null
  covered integer not null
  bits bit varying not null
  acls integer[]
  constraint _rowhouse_verdicts_pkey PRIMARY KEY (key, "right")
  row security forced
  policy _owner for all to rowhouse_owner
    using true
    check true

function t_acme._rowhouse_acl(read text[], edit text[], "full" text[], delete text[], deny text[], authors text[])
  returns integer
  plpgsql, volatile, as rowhouse_owner, set search_path=pg_catalog, pg_temp
  grant execute to t_acme

function t_acme._rowhouse_bits(wanted text)
  returns bit varying
  plpgsql, stable, parallel restricted, as rowhouse_owner, set search_path=pg_catalog, pg_temp
  grant execute to t_acme

function t_acme._rowhouse_changeable()
  returns bit varying
  sql, stable, parallel restricted, as the caller
  grant execute to t_acme

function t_acme._rowhouse_deletable()
  returns bit varying
  sql, stable, parallel restricted, as the caller
  grant execute to t_acme

function t_acme._rowhouse_extend()
  returns void
  plpgsql, volatile, as rowhouse_owner, set search_path=pg_catalog, pg_temp
  grant execute to t_acme

function t_acme._rowhouse_fresh_bits(wanted text)
  returns bit varying
  plpgsql, stable, parallel restricted, as rowhouse_owner, set search_path=pg_catalog, pg_temp
  grant execute to t_acme

function t_acme._rowhouse_known_acl()
  returns trigger
  plpgsql, volatile, as rowhouse_owner, set search_path=pg_catalog, pg_temp

function t_acme._rowhouse_lists_acl(read text[], edit text[], "full" text[], delete text[], deny text[], authors text[])
  returns integer
  plpgsql, volatile, as rowhouse_owner, set search_path=pg_catalog, pg_temp
  grant execute to t_acme

function t_acme._rowhouse_manageable()
  returns bit varying
  sql, stable, parallel restricted, as the caller
  grant execute to t_acme

function t_acme._rowhouse_may(relation integer, verb text)
  returns boolean
  plpgsql, stable, parallel restricted, as rowhouse_owner, set search_path=pg_catalog, pg_temp
  grant execute to t_acme

function t_acme._rowhouse_readable()
  returns bit varying
  sql, stable, parallel restricted, as the caller
  grant execute to t_acme

function t_acme._rowhouse_relistable()
  returns bit varying
  sql, stable, parallel restricted, as the caller
  grant execute to t_acme

function t_acme._rowhouse_require(verb text)
  returns void
  plpgsql, stable, parallel restricted, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to t_acme

function t_acme._rowhouse_sparse_acls()
  returns integer[]
  plpgsql, stable, parallel restricted, as rowhouse_owner, set search_path=pg_catalog, pg_temp
  grant execute to t_acme

function t_acme._rowhouse_sparse(relation regclass, page integer)
  returns boolean
  plpgsql, volatile, as rowhouse_owner, set search_path=pg_catalog, pg_temp
  grant execute to t_acme

function t_acme.access_of("table" text, key text)
  returns jsonb
  plpgsql, stable, parallel restricted, as rowhouse_owner, set search_path=pg_catalog, pg_temp
  grant execute to t_acme

function t_acme.acl(read text[], edit text[], "full" text[], delete text[], deny text[], authors text[])
  returns integer
  plpgsql, volatile, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to t_acme

function t_acme.change("table" text, key text, "row" jsonb, read text[], edit text[], "full" text[], delete text[], deny text[])
  returns boolean
  plpgsql, volatile, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to t_acme

function t_acme.graph_path("table" text, source text, target text, direction text, types text[], weight text, depth integer)
  returns TABLE(place integer, key text, edge json, cost numeric)
  plpgsql, stable, parallel restricted, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to t_acme

function t_acme.graph_reach("table" text, node text, direction text, depth integer, types text[])
  returns TABLE(key text, distance integer)
  plpgsql, stable, parallel restricted, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to t_acme

function t_acme.put("table" text, "row" jsonb, read text[], edit text[], "full" text[], delete text[], deny text[])
  returns jsonb
  plpgsql, volatile, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to t_acme

function t_acme.remove("table" text, key text)
  returns boolean
  plpgsql, volatile, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to t_acme

function t_acme.restore("table" text, key text)
  returns boolean
  plpgsql, volatile, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to t_acme

function t_acme.share("table" text, key text, read text[], edit text[], "full" text[], delete text[], deny text[], authors text[], mode text)
  returns jsonb
  plpgsql, volatile, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to t_acme

function t_acme.tree_ancestors("table" text, node text, depth integer)
  returns TABLE(key text, distance integer)
  plpgsql, stable, parallel restricted, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to t_acme

function t_acme.tree_descendants("table" text, node text, depth integer)
  returns TABLE(key text, distance integer)
  plpgsql, stable, parallel restricted, as the caller, set search_path=pg_catalog, pg_temp
  grant execute to t_acme
