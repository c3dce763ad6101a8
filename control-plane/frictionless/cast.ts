import { exactNumber, type Json, type JsonObject } from '../base/json.ts';
import { type ColumnType, classOf } from '../base/types.ts';
import type { Table } from '../model/table.ts';
import type { Spelling } from '../statement/transfer.ts';
import { convert } from './convert.ts';
import { spellingsOf } from './spelling.ts';

/** A row whose texts are read as the schema says texts stand for values: where rows are looked at and not written. */
export function castRow(row: JsonObject, { columns }: Table, schema: JsonObject): JsonObject {
  const spellings = new Map(spellingsOf(schema).map((said) => [said.name, said]));
  const types = new Map(columns.map(({ name, type }) => [name, type]));
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => {
      const said = spellings.get(name);
      const type = types.get(name);
      return [
        name,
        typeof value === 'string' && said && type ? castText(value, type, said) : value,
      ];
    }),
  );
}

/** One text as a value of its column; what can't be read stays a text, for the column or the schema to refuse. */
export function castText(text: string, type: ColumnType, said: Spelling): Json {
  if ((said.missing ?? ['']).includes(text)) return null;
  try {
    const value = convert(text, type, said, true);
    const digits = typeof value === 'string' && classOf(type) === 'number' && !type.array;
    return digits ? jsonNumber(value) : value;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return text;
  }
}

/** `007.50`, `.5` and `5.` as JSON writes them, with every digit. */
function jsonNumber(digits: string): Json {
  const plain = digits.replace(/^(-?)0+(?=\d)/, '$1').replace(/^(-?)\./, '$10.');
  const json = plain.replace(/\.(?=$|[eE])/, '');
  const number = Number(json);
  return String(number) === json ? number : exactNumber(json);
}
