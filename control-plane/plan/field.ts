import { bind, type Sql, sql } from '../base/sql.ts';
import type { ColumnType } from '../base/types.ts';
import type { AccessList } from '../model/table.ts';
import type { Field } from '../statement/predicate.ts';
import { misfit } from './operand.ts';
import { needColumn, needFeature, type Source } from './scope.ts';

/** A field found in the catalog. */
export type Resolved =
  | { readonly kind: 'column'; readonly sql: Sql; readonly type: ColumnType }
  /** A jsonb column or a path into one. `value`: NULL when missing or JSON null. `text`: of a scalar, without quotes. */
  | { readonly kind: 'json'; readonly value: Sql; readonly text: Sql; readonly column: Sql }
  | { readonly kind: 'access'; readonly list: AccessList };

/** The field's name in errors and as a group key. */
export function fieldName(field: Field): string {
  switch (field.kind) {
    case 'column':
      return field.name;
    case 'path':
      return [field.column, ...field.path].join('.');
    case 'access':
      return `access_${field.list}`;
    default: {
      const never: never = field;
      return never;
    }
  }
}

/** Names → expressions. The path travels as a bound array. @throws ServiceError column_not_found, feature_disabled */
export function resolve(field: Field, source: Source, label = fieldName(field)): Resolved {
  switch (field.kind) {
    case 'access':
      needFeature(source.table, 'acl');
      return { kind: 'access', list: field.list };
    case 'column': {
      const type = needColumn(source.table, field.name, label);
      const column = source.column(field.name);
      if (type.base !== 'jsonb' || type.array) return { kind: 'column', sql: column, type };
      return {
        kind: 'json',
        value: sql`nullif(${column}, 'null'::jsonb)`,
        text: sql`(${column} #>> '{}'::text[])`,
        column,
      };
    }
    case 'path': {
      const type = needColumn(source.table, field.column, label);
      const place = { field: label, operator: 'path' };
      if (type.base !== 'jsonb' || type.array) misfit(place, 'no_path');
      if (field.path.some((key) => key.includes('\0') || !key.isWellFormed()))
        misfit(place, 'text');
      const column = source.column(field.column);
      const path = sql`${bind(field.path)}::text[]`;
      const found = sql`(${column} #> ${path})`;
      return {
        kind: 'json',
        value: sql`nullif(${found}, 'null'::jsonb)`,
        text: sql`(${column} #>> ${path})`,
        column: found,
      };
    }
    default: {
      const never: never = field;
      return never;
    }
  }
}

/** The expression a field is ordered or grouped by: jsonb order for paths. */
export function sortable(field: Field, source: Source): { sql: Sql; type: ColumnType } {
  const found = resolve(field, source);
  if (found.kind === 'column') return { sql: found.sql, type: found.type };
  if (found.kind === 'json') return { sql: found.value, type: { base: 'jsonb' } };
  return misfit({ field: fieldName(field), operator: 'order' }, 'type');
}
