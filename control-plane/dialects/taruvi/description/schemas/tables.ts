import { operationStates } from '../../../../model/operation.ts';
import { providers } from '../../../../model/table.ts';
import {
  any,
  boolean,
  constant,
  count,
  integer,
  list,
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

/** Of tables, and of changes to them. */
export const tables: Readonly<Record<string, Schema>> = {
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
    provider_type: oneOf(...providers),
    provider_config: open,
    is_materialized: boolean,
    physical_table_name: text,
    schema_hash: text,
    audit_enabled: boolean,
    is_active: boolean,
    created_at: time,
    updated_at: time,
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
    status: oneOf(...operationStates),
    progress: nullable(object({ phase: integer, of: integer })),
    forward_sql: nullable(names),
    rollback_sql: nullable(names),
    changes: list(open),
    started_at: time,
    finished_at: nullable(time),
    error: any,
  }),
  Validity: object({
    valid: boolean,
    errors: list(object({ path: text, code: text, message: text })),
  }),
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
};
