import { ident, literal, type Sql, sql, toText } from '../base/sql.ts';
import { ownColumns } from '../model/held.ts';
import { isClosed, type Table } from '../model/table.ts';
import { type TableObject, tableName } from './object.ts';

/** What the tenant's role may try on a table; policies and triggers decide the rest. Nothing while it is closed. */
export function privileges(table: Table): readonly TableObject[] {
  if (isClosed(table)) return [];
  const on = tableName(table);
  const role = ident(table.schema);
  return [
    {
      kind: 'privilege',
      on: table.physical,
      name: 'verbs',
      create: [toText(sql`grant select, insert, update, delete on ${on} to ${role}`)],
      drop: [toText(sql`revoke all on ${on} from ${role}`)],
    },
  ];
}

/** Descriptions as Postgres shows them to people (`\d+`). */
export function comments(table: Table): readonly TableObject[] {
  const on = tableName(table);
  const made: TableObject[] = [];
  const add = (name: string, subject: Sql, text: string | undefined, column?: string): void => {
    if (text === undefined || text === '') return;
    made.push({
      kind: 'comment',
      on: table.physical,
      name,
      create: [toText(sql`comment on ${subject} is ${literal(text)}`)],
      drop: [toText(sql`comment on ${subject} is null`)],
      ...(column === undefined ? {} : { column }),
    });
  };
  add('table', sql`table ${on}`, table.description);
  for (const column of ownColumns(table)) {
    const subject = sql`column ${ident(table.schema, table.physical, column.name)}`;
    add(`column ${column.name}`, subject, column.description, column.name);
  }
  return made;
}
