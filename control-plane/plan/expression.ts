import { bind, raw, type Sql, sql } from '../base/sql.ts';
import { type ColumnType, classOf } from '../base/types.ts';
import type { Expression, GroupKey } from '../statement/aggregate.ts';
import { fieldName, type Resolved, resolve, sortable } from './field.ts';
import { misfit, type Place } from './operand.ts';
import type { Context, Source } from './scope.ts';

/** A value of a row: a column or path as it is found, or what arithmetic makes. */
export type Computed = Exclude<Resolved, { kind: 'access' }>;

/** @throws ServiceError column_not_found; invalid_operand where something is no number that has to be one */
export function computed(expression: Expression, source: Source, place: Place): Computed {
  if (expression.kind !== 'field') {
    return { kind: 'column', sql: numeric(expression, source, place), type: { base: 'numeric' } };
  }
  const found = resolve(expression.field, source);
  return found.kind === 'access' ? misfit(place, 'aggregate') : found;
}

/** As a number without bounds: nothing but a division by zero can go wrong on the way. */
function numeric(expression: Expression, source: Source, place: Place): Sql {
  switch (expression.kind) {
    case 'number':
      return sql`${bind(expression.digits)}::numeric`;
    case 'negate':
      return sql`(- ${numeric(expression.of, source, place)})`;
    case 'arithmetic': {
      const left = numeric(expression.left, source, place);
      return sql`(${left} ${raw(expression.operator)} ${numeric(expression.right, source, place)})`;
    }
    case 'field': {
      const found = computed(expression, source, place);
      if (found.kind === 'json') return jsonNumber(found);
      return isNumber(found.type) ? sql`${found.sql}::numeric` : misfit(place, 'not_number');
    }
    default: {
      const never: never = expression;
      return never;
    }
  }
}

/** The value of a path where it is a number, else NULL. */
export function jsonNumber({ column }: Extract<Resolved, { kind: 'json' }>): Sql {
  return sql`(case when jsonb_typeof(${column}) = 'number' then ${column}::numeric end)`;
}

/** Whether values of the type can be reckoned with. */
export function isNumber(type: ColumnType): boolean {
  return classOf(type) === 'number' && !type.array;
}

/** Whether values of a type can be told apart and put in order. */
export function isOrdered(type: ColumnType): boolean {
  return classOf(type) !== 'other' || type.base === 'interval' || type.base === 'enum';
}

/** What rows are grouped by. @throws ServiceError column_not_found, invalid_operand */
export function groupValue(
  key: GroupKey,
  source: Source,
  context: Context,
): { readonly sql: Sql; readonly type: ColumnType } {
  const place = { field: fieldName(key.field), operator: 'group' };
  const found = sortable(key.field, source);
  if (!isOrdered(found.type)) return misfit(place, 'type');
  if (key.kind === 'field') return found;
  const { type } = found;
  const unit = raw(`'${key.period}'`);
  if (type.array) return misfit(place, 'not_time');
  if (type.base === 'timestamptz') {
    if (key.zone === undefined) return { sql: sql`date_trunc(${unit}, ${found.sql}, 'UTC')`, type };
    const zone = sql`${bind(key.zone)}::text`;
    context.suspects.push({ field: key.zone, value: key.zone, test: 'zone' });
    context.checks.push(sql`(now() at time zone ${zone}) is not null`);
    return {
      sql: sql`date_trunc(${unit}, ${found.sql} at time zone ${zone})`,
      type: { base: 'timestamp' },
    };
  }
  if (type.base !== 'timestamp' && type.base !== 'date') return misfit(place, 'not_time');
  // A time without zone is by no clock: it can't be moved to another one.
  if (key.zone !== undefined) return misfit(place, 'no_zone');
  return {
    sql: sql`date_trunc(${unit}, ${found.sql}::timestamp)`,
    type: { base: 'timestamp' },
  };
}
