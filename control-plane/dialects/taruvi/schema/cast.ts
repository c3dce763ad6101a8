import {
  exactNumber,
  isObject,
  isStrings,
  type Json,
  type JsonObject,
} from '../../../base/json.ts';
import { timeOf } from './pattern.ts';

/**
 * A row whose texts are read as the schema says texts stand for values, where rows are only validated: what can't be read is left for Postgres to
 * refuse with its other faults. Imports read by the engine's own converters, which say themselves what is wrong.
 */
export function castRow(row: JsonObject, schema: JsonObject): JsonObject {
  const fields = fieldsByName(schema);
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => {
      const field = fields.get(name);
      return [name, typeof value === 'string' && field ? castText(value, field, schema) : value];
    }),
  );
}

/** The fields of a schema by name. */
function fieldsByName(schema: JsonObject): ReadonlyMap<string, JsonObject> {
  const fields = schema['fields'];
  const objects = Array.isArray(fields) ? (fields as readonly Json[]).filter(isObject) : [];
  return new Map(objects.map((field) => [String(field['name']), field]));
}

/** One text as a value of its field; what can't be read stays a text, for the column to refuse. */
export function castText(text: string, field: JsonObject, schema: JsonObject): Json {
  if (missing(field, schema).includes(text)) return null;
  const format = typeof field['format'] === 'string' ? field['format'] : 'default';
  switch (field['type'] ?? 'string') {
    case 'boolean':
      return booleanOf(text, field);
    case 'integer':
    case 'number':
    case 'year':
      return numberOf(text, field);
    case 'date':
    case 'time':
    case 'datetime':
      return format.includes('%') ? (timeOf(text, format, String(field['type'])) ?? text) : text;
    case 'object':
    case 'array':
    case 'geojson':
    case 'any':
      return jsonOf(text);
    case 'list':
      return listOf(text, field, schema);
    default:
      return text;
  }
}

/** Texts that stand for no value: the field's own, else the schema's, else the empty one. */
function missing(field: JsonObject, schema: JsonObject): readonly string[] {
  const values = field['missingValues'] ?? schema['missingValues'] ?? [''];
  if (isStrings(values)) return values;
  // Version 2 of the standard may label them.
  return Array.isArray(values)
    ? (values as readonly Json[]).filter(isObject).map(({ value }) => String(value))
    : [''];
}

function booleanOf(text: string, field: JsonObject): Json {
  const { trueValues, falseValues } = field;
  const truths = isStrings(trueValues) ? trueValues : ['true', 'True', 'TRUE', '1'];
  if (truths.includes(text)) return true;
  const lies = isStrings(falseValues) ? falseValues : ['false', 'False', 'FALSE', '0'];
  return lies.includes(text) ? false : text;
}

function numberOf(text: string, field: JsonObject): Json {
  const { decimalChar = '.', groupChar = '', bareNumber = true } = field;
  let digits = text.trim();
  if (bareNumber === false) digits = digits.replace(/^[^\d+-]+|[^\d]+$/g, '');
  if (typeof groupChar === 'string' && groupChar !== '') digits = digits.replaceAll(groupChar, '');
  if (typeof decimalChar === 'string' && decimalChar !== '.')
    digits = digits.replace(decimalChar, '.');
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$/.test(digits)) return text;
  const plain = digits.replace(/^\+/, '').replace(/^(-?)0+(?=\d)/, '$1');
  const json = plain.replace(/^(-?)\./, '$10.').replace(/\.(?=$|[eE])/, '');
  const number = Number(json);
  return String(number) === json ? number : exactNumber(json);
}

function jsonOf(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

function listOf(text: string, field: JsonObject, schema: JsonObject): Json {
  const { delimiter = ',', itemType = 'string' } = field;
  if (text === '') return [];
  const parts = text.split(typeof delimiter === 'string' && delimiter !== '' ? delimiter : ',');
  return parts.map((part) => castText(part, { type: itemType }, { ...schema, missingValues: [] }));
}
