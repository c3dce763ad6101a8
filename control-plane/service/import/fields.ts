import { isObject, isStrings, type Json, type JsonObject } from '../../base/json.ts';
import { type ColumnType, classOf } from '../../base/types.ts';
import { castText } from '../../frictionless/cast.ts';
import { rulesOf } from '../../frictionless/constraints.ts';
import { newReport, type Report } from '../../frictionless/report.ts';
import { spelling } from '../../frictionless/spelling.ts';
import { type FieldType, presetOf, typeOfField } from '../../frictionless/types.ts';
import type { Source, SourceField, SourceReference } from './source.ts';

/** The fields of a Table Schema; undefined when it lists none. `fault` is told what is wrong with one, and throws. */
export function fieldsOf(
  schema: JsonObject,
  fault: (field: string, reason: string) => never,
): readonly SourceField[] | undefined {
  const { fields } = schema;
  if (!Array.isArray(fields)) return undefined;
  const seen = new Set<string>();
  return (fields as readonly Json[]).map((field, index): SourceField => {
    const place = `schema.fields[${index}]`;
    if (!isObject(field) || typeof field['name'] !== 'string') {
      return fault(`${place}.name`, 'is missing');
    }
    const { name } = field;
    if (seen.has(name)) fault(`${place}.name`, `${name} is described twice`);
    seen.add(name);
    const report = newReport(place);
    const read = fieldOf(field, schema, report);
    const [first] = report.faults;
    if (read === undefined || first) return fault(first?.path ?? place, first?.message ?? '');
    return read;
  });
}

function fieldOf(field: JsonObject, schema: JsonObject, report: Report): SourceField | undefined {
  const found = typeOfField(field, presetOf(schema), report);
  if (found === undefined) return undefined;
  const { type, format } = widened(field, found);
  const constraints = logical(field['constraints'], type);
  const description = field['description'] ?? field['title'];
  return {
    ...spelling(field, schema['missingValues']),
    type,
    rules: {
      ...rulesOf(constraints, { type, ...(format ? { format } : {}) }, report.at('constraints')),
      ...(format === undefined ? {} : { format }),
      ...(typeof description === 'string' && description !== '' ? { description } : {}),
    },
  };
}

/** Integers of the standard have no end. */
function widened(field: JsonObject, found: FieldType): FieldType {
  const counts = field['type'] === 'integer' && field['x-pg-type'] === undefined;
  return counts ? { ...found, type: { base: 'bigint' } } : found;
}

/** Bounds and values may be told as a file spells them: `"5"` for a number. */
function logical(constraints: Json | undefined, type: ColumnType): Json | undefined {
  if (!isObject(constraints) || classOf(type) !== 'number' || type.array) return constraints;
  const number = (value: Json): Json =>
    typeof value === 'string' ? castText(value, { base: 'numeric' }, { name: '' }) : value;
  return Object.fromEntries(
    Object.entries(constraints).map(([name, value]) => [
      name,
      Array.isArray(value) ? (value as readonly Json[]).map(number) : number(value),
    ]),
  );
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
