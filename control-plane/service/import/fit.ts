import { type Json, type JsonObject, setMember } from '../../base/json.ts';
import { converter } from '../../frictionless/convert.ts';
import type { Column, TableDraft } from '../../model/table.ts';
import type { Spelling } from '../../statement/transfer.ts';
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

/** A column of the table with what the source says of it. */
interface Place {
  readonly column: Column;
  readonly convert: (value: Json) => Json;
  /** Texts that stand for no value. */
  readonly missing: ReadonlySet<string>;
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
  const spellings = new Map(fields.map((field) => [field.name, field]));
  const places = new Map(
    table.columns.map((column): [string, Place] => {
      const said = spellings.get(column.name) ?? { name: column.name };
      const missing = new Set(said.missing ?? (textual ? [''] : []));
      return [column.name, { column, missing, convert: converter(column.type, said, textual) }];
    }),
  );
  return ({ values }) => {
    const fitted: Record<string, Json> = {};
    for (const name of Object.keys(values)) {
      const value = values[name] ?? null;
      const place = places.get(name);
      if (place === undefined) {
        if (table.holder === undefined) throw new Misfit(name, 'unknown_field', noColumn(table));
        setMember(fitted, name, textual && value === '' ? null : value);
      } else if (value === null || (typeof value === 'string' && place.missing.has(value))) {
        if (isEmpty(place.column)) setMember(fitted, name, null);
      } else setMember(fitted, name, converted(value, place));
    }
    return fitted;
  };
}

function converted(value: Json, { column, convert }: Place): Json {
  try {
    return convert(value);
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
