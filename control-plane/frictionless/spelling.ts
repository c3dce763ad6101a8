import { isObject, isStrings, type Json, type JsonObject } from '../base/json.ts';
import type { Spelling } from '../statement/transfer.ts';

/** How files spell true and false unless they say otherwise. */
export const usualBooleans: NonNullable<Spelling['booleans']> = {
  yes: ['true', 'True', 'TRUE', '1'],
  no: ['false', 'False', 'FALSE', '0'],
};

/** How files spell the values of the fields that a schema has. */
export function spellingsOf({ fields, missingValues }: JsonObject): readonly Spelling[] {
  const described = Array.isArray(fields) ? (fields as readonly Json[]).filter(isObject) : [];
  return described.map((field) => spelling(field, missingValues));
}

/** How files spell the values of a field. `missingValues`: those of the schema, for fields without their own. */
export function spelling(field: JsonObject, missingValues: Json | undefined): Spelling {
  const { name, type, format, decimalChar, groupChar, bareNumber, delimiter } = field;
  const timely = type === 'date' || type === 'time' || type === 'datetime';
  const missing = textsOf(field['missingValues'] ?? missingValues);
  return {
    name: String(name),
    ...booleansOf(field),
    ...(typeof decimalChar === 'string' ? { decimalChar } : {}),
    ...(typeof groupChar === 'string' ? { groupChar } : {}),
    ...(typeof bareNumber === 'boolean' ? { bareNumber } : {}),
    ...(timely && typeof format === 'string' && format.includes('%') ? { pattern: format } : {}),
    ...(missing === undefined ? {} : { missing }),
    ...(type === 'list'
      ? { list: typeof delimiter === 'string' && delimiter !== '' ? delimiter : ',' }
      : {}),
  };
}

function booleansOf({ trueValues, falseValues }: JsonObject): Pick<Spelling, 'booleans'> {
  if (!isStrings(trueValues) && !isStrings(falseValues)) return {};
  return {
    booleans: {
      yes: isStrings(trueValues) ? trueValues : usualBooleans.yes,
      no: isStrings(falseValues) ? falseValues : usualBooleans.no,
    },
  };
}

/** Version 2 of the standard may label them. */
function textsOf(values: Json | undefined): readonly string[] | undefined {
  if (isStrings(values)) return values;
  if (!Array.isArray(values)) return undefined;
  return (values as readonly Json[]).filter(isObject).map(({ value }) => String(value));
}
