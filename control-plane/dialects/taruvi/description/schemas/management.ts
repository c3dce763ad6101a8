import { providers } from '../../../../model/table.ts';
import {
  boolean,
  count,
  integer,
  list,
  map,
  nullable,
  object,
  oneOf,
  open,
  openObject,
  type Schema,
  text,
  time,
} from '../../../described.ts';
import { ref } from './envelope.ts';

const names = list(text);
const times = { created_at: time, updated_at: time };
const provider = oneOf(...providers);

const counts = {
  table_count: count,
  materialized_table_count: count,
  providers: map(count),
  row_count_estimate: nullable(count),
  size_bytes: nullable(count),
};

const tableStats = object({
  name: text,
  is_materialized: boolean,
  row_count_estimate: nullable(count),
  size_bytes: nullable(count),
  index_count: count,
});

/** Of apps and datasources, roles, policies and what they hold. */
export const management: Readonly<Record<string, Schema>> = {
  App: object({
    id: integer,
    name: text,
    slug: text,
    description: text,
    datasource_count: count,
    table_count: count,
    datasources: list(
      object({ id: integer, name: text, slug: text, provider_type: provider, table_count: count }),
    ),
    settings: open,
    is_active: boolean,
    ...times,
    created_by: nullable(text),
    modified_by: nullable(text),
  }),
  AppSent: openObject({
    'name?': text,
    'slug?': text,
    'description?': nullable(text),
    'settings?': open,
    'is_active?': boolean,
  }),
  AppPackage: openObject({
    app: openObject({ name: text, 'slug?': text }),
    'roles?': list(openObject({ name: text })),
    'datatables?': ref('Package'),
    'policies?': list(ref('PolicySent')),
  }),
  DataSource: object({
    id: integer,
    name: text,
    slug: text,
    provider_type: provider,
    provider_config: open,
    description: text,
    app: text,
    table_count: count,
    is_active: boolean,
    ...times,
  }),
  DataSourceSent: openObject({
    'name?': text,
    'slug?': text,
    'provider_type?': text,
    'provider_config?': open,
    'description?': nullable(text),
    'app?': text,
    'is_active?': boolean,
  }),
  AppStats: object({
    app_name: text,
    app_slug: text,
    datasource_count: count,
    ...counts,
    last_schema_operation_at: nullable(time),
  }),
  DataSourceStats: object({
    datasource_name: text,
    datasource_slug: text,
    provider_type: provider,
    ...counts,
    last_schema_operation_at: nullable(time),
    tables: list(tableStats),
  }),
  TablesStats: object({
    app_slug: text,
    total_tables: count,
    materialized_tables: count,
    by_datasource: map(count),
    by_provider: map(count),
    row_count_estimate: nullable(count),
    size_bytes: nullable(count),
    tables: list(tableStats),
  }),
  Role: object({ name: text, parent: nullable(text), members: names }),
  RoleSent: object({ name: text, 'parent?': nullable(text), 'members?': names }),
  Policy: {
    ...openObject({
      id: text,
      enabled: boolean,
      entity_actions: map(names),
      ...times,
      created_by: nullable(text),
      updated_by: nullable(text),
    }),
    additionalProperties: true,
  },
  PolicySent: {
    ...openObject({
      'apiVersion?': text,
      'resourcePolicy?': open,
      'principalPolicy?': open,
      'rolePolicy?': open,
      'derivedRoles?': open,
      'disabled?': boolean,
    }),
    description: 'A Cerbos policy of one kind.',
    additionalProperties: true,
  },
  Verdicts: object({
    requestId: text,
    results: list(object({ resource: open, actions: map(oneOf('EFFECT_ALLOW', 'EFFECT_DENY')) })),
  }),
  VerdictsSent: openObject({
    resources: list(
      openObject({
        resource: openObject({ kind: text, id: text, 'attr?': open }),
        actions: { ...names, minItems: 1 },
      }),
    ),
    'requestId?': text,
    'principal?': openObject({ id: text, 'roles?': names, 'attr?': open }),
  }),
};
