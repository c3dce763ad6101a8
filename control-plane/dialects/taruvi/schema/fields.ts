import { isObject, type Json, type JsonObject } from '../../../base/json.ts';
import { isStorableText } from '../../../base/storable.ts';
import { rulesOf } from '../../../frictionless/constraints.ts';
import type { Report } from '../../../frictionless/report.ts';
import { typeOfField } from '../../../frictionless/types.ts';
import { draftColumn } from '../../../model/draft-column.ts';
import type { Column, Features, Table } from '../../../model/table.ts';
import { defaultOf } from './defaults.ts';

/** What reading fields needs to know beside them. */
export interface FieldScope {
  readonly features: Features;
  /** Names that the engine keeps for itself. */
  readonly reserved: readonly string[];
  /** The type of a field that names none. */
  readonly preset: 'any' | 'string';
  /** The table that the schema changes, for fields renamed by `x-rename-from`. */
  readonly old?: Table;
}

/** The columns that the fields of a schema make, in order. */
export function columnsOf(
  fields: Json | undefined,
  scope: FieldScope,
  report: Report,
): readonly Column[] {
  if (!Array.isArray(fields)) {
    report.add(fields === undefined ? 'required' : 'type', 'fields must be a list');
    return [];
  }
  const seen = new Set<string>();
  return (fields as readonly Json[]).flatMap((field, at) => {
    const within = report.at(at);
    if (!isObject(field)) {
      within.add('type', 'a field must be an object');
      return [];
    }
    const name = nameOf(field, scope, within);
    if (name === undefined) return [];
    if (seen.has(name)) within.add('duplicate', `field ${name} is declared twice`, 'name');
    seen.add(name);
    const column = columnOf(name, field, scope, within);
    return column ? [column] : [];
  });
}

function nameOf(field: JsonObject, { reserved }: FieldScope, report: Report): string | undefined {
  const { name } = field;
  if (typeof name !== 'string' || name === '') {
    report.add(name === undefined ? 'required' : 'type', 'a field needs a name', 'name');
    return undefined;
  }
  if (!isStorableText(name)) {
    report.add('invalid', 'the name is not text', 'name');
    return undefined;
  }
  if (Buffer.byteLength(name) > 63) {
    report.add('too_long', 'a name has at most 63 bytes', 'name');
    return undefined;
  }
  if (reserved.includes(name)) {
    report.add('reserved', `the name ${name} is reserved`, 'name');
    return undefined;
  }
  return name;
}

/** Under the feature timestamps the two fields are the engine's, whatever else is said of them. */
function columnOf(
  name: string,
  field: JsonObject,
  scope: FieldScope,
  report: Report,
): Column | undefined {
  const found = typeOfField(field, scope.preset, report);
  // Known by its name, so that what speaks of it is no fault too.
  if (!found) return draftColumn(name, { base: 'text' });
  const { type, format } = found;
  const rules = rulesOf(field['constraints'], found, report.at('constraints'));
  const preset = defaultOf(field['default'], found, report.at('default'));
  const isTime = type.base === 'timestamptz' && !type.array;
  const stamp = name === 'created_at' || name === 'updated_at';
  if (stamp && scope.features.timestamps) {
    if (!isTime) report.add('type', 'x-timestamps keeps this field as a datetime', 'type');
    return undefined;
  }
  const filled = stamp && isTime && preset === undefined;
  const { description } = field;
  return {
    ...draftColumn(name, type),
    id: renamedFrom(field, scope, report),
    ...rules,
    ...(format === undefined ? {} : { format }),
    ...(preset === undefined ? {} : { default: preset }),
    ...(filled ? { default: { kind: 'now' } } : {}),
    ...(filled && name === 'updated_at' ? { touched: true } : {}),
    ...(typeof description === 'string' && !description.includes('\0') ? { description } : {}),
  };
}

/** The identity of the column that `x-rename-from` names; a column that has the new name already is itself. */
function renamedFrom(field: JsonObject, { old }: FieldScope, report: Report): string {
  const from = field['x-rename-from'];
  if (from === undefined || !old) return '';
  if (typeof from !== 'string') {
    report.add('type', 'x-rename-from must name a field', 'x-rename-from');
    return '';
  }
  if (old.columns.some(({ name }) => name === field['name'])) return '';
  const was = old.columns.find(({ name }) => name === from);
  if (was) return was.id;
  report.add('unknown_field', `no field ${from} to rename`, 'x-rename-from');
  return '';
}
