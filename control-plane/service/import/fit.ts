import type { Json, JsonObject } from '../../base/json.ts';
import type { Column, TableDraft } from '../../model/table.ts';
import type { Spelling } from '../../statement/transfer.ts';
import { convert } from './convert.ts';
import type { SourceRow } from './source.ts';

/** A value that has no place in its table. */
export class Misfit extends Error {
  readonly field: string;
  readonly code: string;

  constructor(field: string, code: string, reason: string) {
    super(reason);
    this.name = 'Misfit';
    this.field = field;
    this.code = code;
  }
}

/**
 * Rows as a table's columns have them. `fields`: what the source says of its columns; `textual`: cells are text. An empty cell takes the
 * column's default where it has one.
 * @returns a function that throws {@link Misfit}
 */
export function fitter(
  table: Pick<TableDraft, 'name' | 'columns' | 'holder'>,
  fields: readonly Spelling[],
  textual: boolean,
): (row: Pick<SourceRow, 'values'>) => JsonObject {
  const columns = new Map(table.columns.map((column) => [column.name, column]));
  const said = new Map(fields.map((field) => [field.name, field]));
  return ({ values }) => {
    const fitted: Record<string, Json> = {};
    for (const [name, value] of Object.entries(values)) {
      const column = columns.get(name);
      if (column === undefined && table.holder !== undefined) fitted[name] = value;
      else if (column === undefined) throw new Misfit(name, 'unknown_field', noColumn(table));
      else if (value === null) {
        if (isEmpty(column)) fitted[name] = null;
      } else fitted[name] = converted(value, column, said.get(name), textual);
    }
    return fitted;
  };
}

function converted(
  value: Json,
  column: Column,
  field: Spelling | undefined,
  textual: boolean,
): Json {
  try {
    return convert(value, column.type, field ?? {}, textual);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new Misfit(column.name, 'type', error.message);
  }
}

/** Postgres would say so too, but a default is to have its chance. @throws Misfit */
function isEmpty(column: Column): boolean {
  if (column.default !== undefined || column.identity !== undefined) return false;
  if (column.required) throw new Misfit(column.name, 'required', 'is required');
  return true;
}

/** What to say of a column that a table has not got. */
export function noColumn({ name }: Pick<TableDraft, 'name'>): string {
  return `table ${name} has no such column`;
}
