import { bind, type Sql, sql } from '../base/sql.ts';
import { isStorableText } from '../base/storable.ts';
import type { ColumnType } from '../base/types.ts';
import type { AccessList } from '../model/table.ts';
import type { Format } from '../statement/output.ts';
import type { Field } from '../statement/predicate.ts';
import { misfit } from './operand.ts';
import { printed } from './print.ts';
import { needColumn, needFeature, type Source } from './scope.ts';
import { rank } from './search.ts';

/** A field found in the catalog. */
export type Resolved =
  | { readonly kind: 'column'; readonly sql: Sql; readonly type: ColumnType }
  /** A jsonb column or a path into one. `value`: NULL when missing or JSON null. `text`: of a scalar, without quotes. */
  | {
      readonly kind: 'json';
      readonly value: Sql;
      readonly text: Sql;
      readonly column: Sql;
      /** The jsonb column and the keys to the value, where an inverted index on the column could find it. */
      readonly within?: { readonly column: Sql; readonly path: readonly string[] };
    }
  | { readonly kind: 'access'; readonly list: AccessList };

/** The field's name in errors and as a group key. */
export function fieldName(field: Field): string {
  switch (field.kind) {
    case 'column':
      return field.name;
    case 'path':
    case 'json':
      return [field.column, ...field.path].join('.');
    case 'access':
      return `access_${field.list}`;
    case 'undeclared':
      return field.path.join('.');
    case 'rank':
      return 'rank';
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
        within: { column, path: [] },
      };
    }
    case 'json':
      return resolveJson(field, source, label);
    case 'rank':
      return { kind: 'column', sql: rank(field.search, source), type: { base: 'real' } };
    case 'path': {
      const type = needColumn(source.table, field.column, label);
      if (type.base !== 'jsonb' || type.array)
        misfit({ field: label, operator: 'path' }, 'no_path');
      return pathIn(source.column(field.column), field.path, label);
    }
    case 'undeclared': {
      const { holder } = source.table;
      if (holder === undefined) return misfit({ field: label, operator: 'path' }, 'no_path');
      return pathIn(source.own(holder), field.path, label);
    }
    default: {
      const never: never = field;
      return never;
    }
  }
}

function pathIn(column: Sql, keys: readonly string[], label: string): Resolved {
  if (!keys.every(isStorableText)) {
    misfit({ field: label, operator: 'path' }, 'text');
  }
  const path = sql`${bind(keys)}::text[]`;
  const found = sql`(${column} #> ${path})`;
  return {
    kind: 'json',
    value: sql`nullif(${found}, 'null'::jsonb)`,
    text: sql`(${column} #>> ${path})`,
    column: found,
    ...(isKeyed(keys) ? { within: { column, path: keys } } : {}),
  };
}

function resolveJson(
  field: Extract<Field, { kind: 'json' }>,
  source: Source,
  label: string,
): Resolved {
  const type = needColumn(source.table, field.column, label);
  if (!field.path.every(isStorableText)) {
    misfit({ field: label, operator: 'path' }, 'text');
  }
  const stored = source.column(field.column);
  const isJson = type.base === 'jsonb' && !type.array;
  const whole = isJson ? stored : sql`to_jsonb(${printed(stored, type, asJson)})`;
  const found = field.path.length === 0 ? whole : sql`(${whole} #> ${bind(field.path)}::text[])`;
  const text = sql`(${found} #>> '{}'::text[])`;
  if (field.only === 'text')
    return { kind: 'column', sql: sql`(${text} collate "C")`, type: { base: 'text' } };
  if (field.only === 'string') {
    const sqlText = sql`(case when jsonb_typeof(${found}) = 'string' then ${text} end collate "C")`;
    return { kind: 'column', sql: sqlText, type: { base: 'text' } };
  }
  if (field.only === 'number') {
    const number = sql`(case when jsonb_typeof(${found}) = 'number' then ${found}::numeric end)`;
    return { kind: 'column', sql: number, type: { base: 'numeric' } };
  }
  const keys = field.path.length > 0 && isKeyed(field.path);
  return {
    kind: 'json',
    value: sql`nullif(${found}, 'null'::jsonb)`,
    text,
    column: found,
    ...(isJson && keys ? { within: { column: stored, path: field.path } } : {}),
  };
}

/** Whether only objects lie on the path: a number may also be a place in an array. */
function isKeyed(path: readonly string[]): boolean {
  return !path.some((key) => /^-?\d+$/.test(key));
}

const asJson: Format = { numbers: 'plain', times: 'millis' };

/** The expression a field is ordered or grouped by: jsonb order for paths. `stored`: with a null of JSON as it is, as an index has it. */
export function sortable(
  field: Field,
  source: Source,
): { sql: Sql; stored: Sql; type: ColumnType } {
  const found = resolve(field, source);
  if (found.kind === 'column') return { sql: found.sql, stored: found.sql, type: found.type };
  if (found.kind === 'json') {
    return { sql: found.value, stored: found.column, type: { base: 'jsonb' } };
  }
  return misfit({ field: fieldName(field), operator: 'order' }, 'type');
}
