import { bind, raw, type Sql, sql } from '../base/sql.ts';
import { typeText } from '../base/types.ts';
import { ownColumns } from '../model/held.ts';
import type { Column, Table } from '../model/table.ts';
import { bindScalar } from './operand.ts';
import type { Context } from './scope.ts';

/** The default of a column as an expression; undefined: it has none. */
export function defaultOf(column: Column, context: Context): Sql | undefined {
  const cast = raw(typeText(column.type));
  switch (column.default?.kind) {
    case undefined:
      return undefined;
    case 'now':
      return sql`now()::${cast}`;
    case 'today':
      return sql`current_date::${cast}`;
    case 'uuid':
      return column.default.prefix === undefined
        ? sql`rowhouse.uuid_v7()::${cast}`
        : sql`(${bind(column.default.prefix)}::text || rowhouse.uuid_v7())::${cast}`;
    case 'random_uuid':
      return sql`gen_random_uuid()::${cast}`;
    case 'value': {
      const { value } = column.default;
      const place = { field: column.name, operator: 'default' };
      return value === null ? sql`null` : bindScalar(value, column.type, place, context);
    }
    default: {
      const never: never = column.default;
      return never;
    }
  }
}

/** Columns that fall back to their default where a change doesn't name them: not the key, and nothing that is set once or by few. */
export function resettable(table: Table): readonly Column[] {
  return ownColumns(table).filter(
    ({ name, immutable, sudo, identity }) =>
      !table.key.includes(name) && !immutable && !sudo && !identity,
  );
}
