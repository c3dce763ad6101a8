import { ServiceError } from '../base/errors.ts';
import type { Sql } from '../base/sql.ts';
import type { Table } from '../model/table.ts';
import { logicalName } from '../model/table-schema.ts';
import type { Show } from '../statement/statement.ts';
import { keyColumns, parseKey } from './key.ts';
import { keyEquals, shown } from './read.ts';
import type { Source } from './scope.ts';

/** The source's row is the one of this key. @throws ServiceError row_not_found for a text that can be no key */
export function rowOf(key: string, table: Table, source: Source, show: Show): readonly Sql[] {
  const values = parseKey(key, keyColumns(table));
  if (!values) {
    throw new ServiceError('row_not_found', undefined, { table: logicalName(table), keys: [key] });
  }
  return [...keyEquals(table, source, values), ...shown(show, source)];
}
