import { type Fault, ServiceError } from '../base/errors.ts';
import { bind, sql, toQuery } from '../base/sql.ts';
import type { Catalog } from '../model/catalog.ts';
import { logicalName } from '../model/table-schema.ts';
import type { Check } from '../statement/statement.ts';
import { answerRow } from './answer-row.ts';
import { isStorable } from './operand.ts';
import type { Planned } from './planned.ts';
import { tableOf } from './scope.ts';
import { spelledRows } from './spell.ts';

/** The faults that an insert of the rows would be refused with; nothing is written. */
export function planCheck(check: Check, catalog: Catalog): Planned {
  const table = tableOf(catalog, check.table);
  const rows = spelledRows(check.rows, table).map(({ values }) => values);
  const faults = rows.flatMap((values, row) =>
    Object.entries(values).flatMap(([field, value]): Fault[] => {
      const message = 'U+0000 and halves of surrogate pairs cannot be stored';
      return isStorable(field) && isStorable(value) ? [] : [{ row, field, code: 'type', message }];
    }),
  );
  // Postgres can't be asked about what it can't take.
  if (faults.length > 0) {
    throw new ServiceError('invalid_row', undefined, { table: logicalName(table), faults });
  }
  const found = sql`rowhouse.faults(${bind(table.id)}::int, ${bind(JSON.stringify(rows))}::jsonb, 'insert')`;
  const number = sql`(f.fault ->> 'row')::int + ${bind(check.first)}::int`;
  const object = sql`json_build_object('row', ${number}, 'field', f.fault -> 'field', 'code', f.fault -> 'code', 'message', f.fault -> 'message')`;
  const text = sql`select ${answerRow({ rows: sql`rowhouse.bounded(coalesce(json_agg(${object} order by f.n)::text, '[]'))` })} from jsonb_array_elements(${found}) with ordinality as f (fault, n)`;
  return {
    query: toQuery(text),
    show: 'live',
    intent: 'edit',
    readOnly: true,
    table,
    suspects: [],
  };
}
