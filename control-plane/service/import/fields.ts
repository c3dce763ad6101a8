import { isObject, isStrings, type Json, type JsonObject } from '../../base/json.ts';
import type { ColumnType } from '../../base/types.ts';
import type { Source, SourceField, SourceReference } from './source.ts';

/** Types of the Table Schema standard. What has no equal here is kept as it is written. */
const types: Readonly<Record<string, ColumnType>> = {
  string: { base: 'text' },
  number: { base: 'numeric' },
  integer: { base: 'bigint' },
  boolean: { base: 'boolean' },
  date: { base: 'date' },
  time: { base: 'time' },
  datetime: { base: 'timestamptz' },
  year: { base: 'integer' },
  object: { base: 'jsonb' },
  array: { base: 'jsonb' },
  geojson: { base: 'jsonb' },
};

/** The fields of a Table Schema; undefined when it lists none. `fault` is told what is wrong with one, and throws. */
export function fieldsOf(
  schema: JsonObject,
  fault: (field: string, reason: string) => never,
): readonly SourceField[] | undefined {
  const { fields } = schema;
  if (!Array.isArray(fields)) return undefined;
  const seen = new Set<string>();
  return (fields as readonly Json[]).map((field, index): SourceField => {
    if (!isObject(field) || typeof field['name'] !== 'string') {
      return fault(`schema.fields[${index}].name`, 'is missing');
    }
    const { name } = field;
    if (seen.has(name)) fault(`schema.fields[${index}].name`, `${name} is described twice`);
    seen.add(name);
    return fieldOf(field, name);
  });
}

function fieldOf(field: JsonObject, name: string): SourceField {
  const type = typeOf(field);
  const { trueValues, falseValues, decimalChar, groupChar, bareNumber, format } = field;
  const timely = ['date', 'time', 'timestamptz'].includes(type.base);
  return {
    name,
    type,
    rules: rulesOf(field, type),
    ...(isStrings(trueValues) || isStrings(falseValues)
      ? {
          booleans: {
            yes: isStrings(trueValues) ? trueValues : ['true'],
            no: isStrings(falseValues) ? falseValues : ['false'],
          },
        }
      : {}),
    ...(typeof decimalChar === 'string' ? { decimalChar } : {}),
    ...(typeof groupChar === 'string' ? { groupChar } : {}),
    ...(typeof bareNumber === 'boolean' ? { bareNumber } : {}),
    ...(timely && typeof format === 'string' && format.includes('%') ? { pattern: format } : {}),
  };
}

function typeOf({ type = 'string', format = 'default' }: JsonObject): ColumnType {
  if (type === 'string' && format === 'uuid') return { base: 'uuid' };
  return types[String(type)] ?? { base: 'text' };
}

function rulesOf(field: JsonObject, type: ColumnType): NonNullable<SourceField['rules']> {
  const rules = isObject(field['constraints']) ? field['constraints'] : {};
  const isText = type.base === 'text';
  const bound = (name: string, length: string): number | undefined => {
    const value = rules[isText ? length : name];
    return value === undefined || value === null || value === '' ? undefined : Number(value);
  };
  const minimum = bound('minimum', 'minLength');
  const maximum = bound('maximum', 'maxLength');
  const description = field['description'] ?? field['title'];
  const numeric = isText || ['numeric', 'bigint', 'integer'].includes(type.base);
  return {
    ...(rules['required'] === true ? { required: true } : {}),
    ...(rules['unique'] === true ? { unique: true } : {}),
    ...(numeric && Number.isFinite(minimum) ? { minimum: minimum ?? 0 } : {}),
    ...(numeric && Number.isFinite(maximum) ? { maximum: maximum ?? 0 } : {}),
    ...(isText && typeof rules['pattern'] === 'string'
      ? { pattern: `^(?:${rules['pattern']})$` }
      : {}),
    ...(Array.isArray(rules['enum']) && type.base !== 'jsonb'
      ? { enum: rules['enum'].map(String) }
      : {}),
    ...(typeof description === 'string' && description !== '' ? { description } : {}),
  };
}

/** Keys as a Table Schema states them. */
export function keysOf(
  schema: JsonObject,
): Pick<Source, 'key'> & { readonly references: readonly SourceReference[] } {
  const names = (value: Json | undefined): readonly string[] =>
    typeof value === 'string' ? [value] : isStrings(value) ? value : [];
  const key = names(schema['primaryKey']);
  const foreign = Array.isArray(schema['foreignKeys']) ? schema['foreignKeys'] : [];
  const references = (foreign as readonly Json[]).filter(isObject).flatMap((each) => {
    const reference = each['reference'];
    if (!isObject(reference)) return [];
    return {
      fields: names(each['fields']),
      resource: String(reference['resource'] ?? ''),
      targetFields: names(reference['fields']),
    };
  });
  return { ...(key.length > 0 ? { key } : {}), references };
}
