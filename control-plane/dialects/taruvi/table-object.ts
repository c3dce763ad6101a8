import { isObject, type JsonObject } from '../../base/json.ts';
import type { Table } from '../../model/table.ts';
import { hashOf, schemaOf } from './schema/document.ts';

/** Facts of a table that only this dialect shows, kept with it. */
export interface TableExtra {
  readonly createdBy?: string;
  readonly modifiedBy?: string;
  readonly providerConfig?: JsonObject;
  /** What was said beside the schema and counts as part of it. */
  readonly beside?: JsonObject;
}

/** Those facts, of a table made in any dialect. */
export function extraOf({ extra = {} }: Pick<Table, 'extra'>): TableExtra {
  const { createdBy, modifiedBy, providerConfig, beside } = extra;
  return {
    ...(typeof createdBy === 'string' ? { createdBy } : {}),
    ...(typeof modifiedBy === 'string' ? { modifiedBy } : {}),
    ...(providerConfig !== undefined && isObject(providerConfig) ? { providerConfig } : {}),
    ...(beside !== undefined && isObject(beside) ? { beside } : {}),
  };
}

/** A table as the dialect shows it. */
export function tableObject(table: Table): JsonObject {
  const { createdBy, modifiedBy, providerConfig } = extraOf(table);
  const document = schemaOf(table);
  return {
    id: table.id,
    name: table.name,
    description: table.description ?? '',
    app: table.app,
    datasource: table.datasource,
    json_schema: document,
    schema_format: 'frictionless',
    provider_type: table.provider,
    provider_config: providerConfig ?? {},
    is_materialized: table.materialized !== false,
    physical_table_name: table.physical,
    schema_hash: hashOf(document),
    audit_enabled: table.features.history,
    is_active: table.active !== false,
    created_at: table.createdAt,
    updated_at: table.updatedAt,
    created_by: createdBy ?? null,
    modified_by: modifiedBy ?? null,
  };
}
