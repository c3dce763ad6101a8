import { providers } from '../../../model/table.ts';
import { fileFormats } from '../../../statement/transfer.ts';
import {
  any,
  boolean,
  constant,
  count,
  type Description,
  either,
  integer,
  list,
  map,
  nullable,
  object,
  oneOf,
  open,
  openObject,
  refs,
  type Schema,
  text,
  time,
} from '../../described.ts';

/** A schema of this dialect. */
export const ref = refs('Taruvi');

/** The envelope of the data plane. */
export function success(data: Schema, more: Readonly<Record<string, Schema>> = {}): Schema {
  return object({ status: constant('success'), message: text, data, ...more });
}

/** A list in the envelope: how many there are in all, and which part this is. */
export function listed(items: Schema): Schema {
  return success(list(items), { total: count, pagination: ref('Pagination') });
}

/** Rows written by one call. */
export function records(row: Schema): Schema {
  return success(object({ records: list(row), count }));
}

const names = list(text);
const times = { created_at: time, updated_at: time };
const messages = map(names);
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

const fault = { path: text, code: text, message: text };

export const schemas: Description['schemas'] = {
  Failure: {
    ...openObject({
      status: constant('error'),
      code: text,
      message: text,
      'detail?': text,
      'errors?': {
        description: 'Messages by field, or faults of a package.',
        anyOf: [messages, list(any)],
      },
      'details?': messages,
    }),
    additionalProperties: true,
  },
  Pagination: object({
    offset: count,
    limit: count,
    count,
    current_page: integer,
    total_pages: count,
    has_next: boolean,
    has_previous: boolean,
  }),
  Row: {
    ...openObject({
      '_allowed_actions?': names,
      'rank?': { type: 'number' },
      '_depth?': count,
      '_relationship_type?': nullable(text),
    }),
    description: 'A row: its columns, and what the request asked for besides.',
    additionalProperties: true,
  },
  Values: { ...open, description: 'Values by column.' },
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
  TableSchema: {
    ...openObject({ 'fields?': list(openObject({ name: text })) }),
    description: 'A Frictionless Table Schema.',
    additionalProperties: true,
  },
  Package: {
    ...openObject({
      'resources?': list(openObject({ name: text, 'schema?': ref('TableSchema') })),
    }),
    description: 'A Frictionless Data Package.',
  },
  Table: object({
    id: integer,
    name: text,
    description: text,
    app: text,
    datasource: text,
    json_schema: ref('TableSchema'),
    schema_format: constant('frictionless'),
    provider_type: provider,
    provider_config: open,
    is_materialized: boolean,
    physical_table_name: text,
    schema_hash: text,
    audit_enabled: boolean,
    is_active: boolean,
    ...times,
    created_by: nullable(text),
    modified_by: nullable(text),
  }),
  TableSent: openObject({
    'name?': text,
    'description?': nullable(text),
    'json_schema?': ref('TableSchema'),
    'schema_format?': text,
    'materialize?': boolean,
    'audit_enabled?': boolean,
    'provider_type?': text,
    'provider_config?': open,
    'datasource?': text,
    'dry_run?': boolean,
    'allow_data_loss?': boolean,
  }),
  Plan: {
    ...object({
      dry_run: constant(true),
      destructive: boolean,
      changes: list(
        object({
          op: text,
          field: nullable(text),
          class: oneOf('safe', 'destructive', 'refused'),
          reason: nullable(text),
        }),
      ),
      forward_sql: names,
      rollback_sql: names,
      phases: list(object({ kind: text, lock: text, statements: names })),
      schema_hash: nullable(text),
    }),
    description: 'What a change would do.',
  },
  Running: object({ operation: object({ revision_id: text, status: constant('running') }) }),
  Operation: object({
    revision_id: text,
    kind: text,
    actor: nullable(text),
    status: oneOf('done', 'running', 'failed', 'rolled_back'),
    progress: nullable(object({ phase: integer, of: integer })),
    forward_sql: nullable(names),
    rollback_sql: nullable(names),
    changes: list(open),
    started_at: time,
    finished_at: nullable(time),
    error: any,
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
  Validity: object({ valid: boolean, errors: list(object(fault)) }),
  RowsValidity: object({
    valid: boolean,
    count,
    errors: list(object({ row: integer, field: text, code: text, message: text })),
  }),
  SchemasMade: object({
    created_count: count,
    updated_count: count,
    error_count: count,
    errors: list(any),
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
  Version: object({
    record_id: { description: 'The key of the row.', type: ['string', 'number', 'boolean'] },
    version: integer,
    event_type: oneOf('CREATE', 'UPDATE', 'DELETE'),
    previous_data: any,
    changed_fields: any,
    created_by: nullable(text),
    created_at: time,
  }),
  EdgeSent: {
    ...openObject({
      'from_id?': any,
      'from?': any,
      'to_id?': any,
      'to?': any,
      'type?': text,
      'metadata?': open,
    }),
    additionalProperties: false,
  },
  Deleted: success(object({ deleted: count }), { deleted: count }),
  Imported: success(
    object({
      format: oneOf(...fileFormats),
      inserted: count,
      updated: count,
      skipped: count,
      error_count: count,
      errors: list(object({ row: integer, field: nullable(text), code: text, message: text })),
      dry_run: boolean,
    }),
  ),
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

/** A row, or what a traversal makes of rows. */
export const rowOrGraph = either(ref('Row'), list(open), open);
