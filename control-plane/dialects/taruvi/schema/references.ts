import { isObject, isStrings, type Json, type JsonObject } from '../../../base/json.ts';
import type { Report } from '../../../frictionless/report.ts';
import { type Catalog, findTable } from '../../../model/catalog.ts';
import {
  type Column,
  type Reference,
  type ReferenceAction,
  sameName,
  type TableDraft,
  type TableName,
} from '../../../model/table.ts';

/** A foreign key as a schema has it, its target not yet looked up. */
export interface ForeignKey {
  readonly place: number;
  readonly fields: readonly string[];
  readonly target: TableName;
  /** Absent: the target's key. */
  readonly targetFields?: readonly string[];
  readonly onDelete: ReferenceAction;
  readonly onUpdate: ReferenceAction;
}

const actions: readonly ReferenceAction[] = [
  'no action',
  'restrict',
  'cascade',
  'set null',
  'set default',
];

/** The foreign keys of a schema. Those to `auth_user` make none: there is no table of users. */
export function foreignKeysOf(
  value: Json | undefined,
  table: TableName,
  columns: readonly Column[],
  report: Report,
): readonly ForeignKey[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) {
    report.add('type', 'foreignKeys must be a list');
    return [];
  }
  const known = new Set<string>();
  return (value as readonly Json[]).flatMap((each, place) => {
    const within = report.at(place);
    if (!isObject(each) || !isObject(each['reference'] ?? null)) {
      within.add('required', 'a foreign key needs fields and a reference');
      return [];
    }
    const reference = each['reference'] as JsonObject;
    const fields = namesOf(each['fields'], within.at('fields'));
    const targetFields =
      reference['fields'] === undefined
        ? undefined
        : namesOf(reference['fields'], within.at('reference', 'fields'));
    for (const name of fields) {
      if (columns.some((column) => column.name === name)) continue;
      within.add('unknown_field', `no field ${name}`, 'fields');
    }
    const name = JSON.stringify(fields);
    if (known.has(name))
      within.add('duplicate', 'these fields have a foreign key already', 'fields');
    known.add(name);
    const target = targetOf(reference['resource'], table, within.at('reference', 'resource'));
    if (!target || fields.length === 0) return [];
    if (targetFields && targetFields.length !== fields.length) {
      within.add('invalid', 'a foreign key has as many fields as it refers to', 'fields');
      return [];
    }
    const [onDelete, onUpdate] = actionsOf(each['x-actions'], within.at('x-actions'));
    const nullable = fields.every((name) =>
      columns.some((column) => column.name === name && !column.required),
    );
    if (onDelete === 'set null' && !nullable) {
      within.add(
        'invalid',
        'SET NULL goes with fields that are not required',
        'x-actions',
        'onDelete',
      );
    }
    return [
      { place, fields, target, ...(targetFields ? { targetFields } : {}), onDelete, onUpdate },
    ];
  });
}

function namesOf(value: Json | undefined, report: Report): readonly string[] {
  const names = typeof value === 'string' ? [value] : value;
  if (isStrings(names) && names.length > 0 && new Set(names).size === names.length) return names;
  report.add(value === undefined ? 'required' : 'type', 'fields must name distinct fields');
  return [];
}

/** `""` or absent: the table itself. `other_app:table`: a table of another app. */
function targetOf(
  value: Json | undefined,
  table: TableName,
  report: Report,
): TableName | undefined {
  if (value === undefined || value === '') return table;
  if (typeof value !== 'string') {
    report.add('type', 'resource must be the name of a table');
    return undefined;
  }
  if (value === 'auth_user') return undefined;
  if (value === 'storage_objects') {
    report.add('not_supported', 'references to storage_objects are not supported');
    return undefined;
  }
  const at = value.indexOf(':');
  const { app, name } = table;
  if (at < 0) return value === name ? table : { app, name: value };
  return { app: value.slice(0, at), name: value.slice(at + 1) };
}

function actionsOf(
  value: Json | undefined,
  report: Report,
): readonly [ReferenceAction, ReferenceAction] {
  if (value === undefined) return ['no action', 'no action'];
  if (!isObject(value)) {
    report.add('type', 'x-actions must be an object');
    return ['no action', 'no action'];
  }
  const { onDelete, onUpdate, ...rest } = value;
  for (const key of Object.keys(rest))
    report.add('not_supported', `action ${key} is not supported`, key);
  const read = (action: Json | undefined, key: string): ReferenceAction => {
    const word = typeof action === 'string' ? action.toLowerCase() : action;
    const found = actions.find((each) => each === word);
    if (action !== undefined && !found)
      report.add('invalid', `no action ${JSON.stringify(action)}`, key);
    return found ?? 'no action';
  };
  return [read(onDelete, 'onDelete'), read(onUpdate, 'onUpdate')];
}

/** A draft whose foreign keys still want their targets. */
export interface Unlinked {
  readonly draft: TableDraft;
  readonly foreignKeys: readonly ForeignKey[];
  readonly report: Report;
}

/** Drafts with references, and their columns in the types of what they refer to: tables of the catalog, one another, or themselves. */
export function linked(tables: readonly Unlinked[], catalog: Catalog): readonly TableDraft[] {
  const find = (name: TableName): TableDraft | undefined =>
    tables.find(({ draft }) => sameName(draft, name))?.draft ?? activeTable(catalog, name);
  const withReferences = tables.map((table) => ({
    ...table,
    draft: { ...table.draft, references: referencesOf(table, find) },
  }));
  const settled = (name: TableName): TableDraft | undefined =>
    withReferences.find(({ draft }) => sameName(draft, name))?.draft ?? activeTable(catalog, name);
  return withReferences.map(({ draft }) => ({
    ...draft,
    columns: draft.columns.map((column) => inTypeOfTarget(column, draft, settled)),
  }));
}

function activeTable(catalog: Catalog, name: TableName): TableDraft | undefined {
  const table = findTable(catalog, name);
  return table?.active === false ? undefined : table;
}

function referencesOf(
  { foreignKeys, report }: Unlinked,
  find: (name: TableName) => TableDraft | undefined,
): readonly Reference[] {
  return foreignKeys.flatMap(({ place, fields, target, targetFields, onDelete, onUpdate }) => {
    const within = report.at(place, 'reference');
    const table = find(target);
    if (!table || table.kind === 'view') {
      within.add('unknown_resource', `no table ${target.name}`, 'resource');
      return [];
    }
    const targetColumns = targetFields ?? table.key;
    const unknown = targetColumns.find(
      (name) => !table.columns.some((column) => column.name === name),
    );
    if (unknown !== undefined) {
      within.add('unknown_field', `table ${target.name} has no field ${unknown}`, 'fields');
      return [];
    }
    if (targetColumns.length !== fields.length || !isUniqueIn(table, targetColumns)) {
      within.add(
        'invalid',
        `a foreign key refers to a primary or unique key of ${target.name}`,
        'fields',
      );
      return [];
    }
    return [
      {
        name: '',
        columns: fields,
        target: { app: target.app, name: target.name },
        targetColumns,
        onDelete,
        onUpdate,
      },
    ];
  });
}

function isUniqueIn(
  { key, columns, uniques = [], features }: TableDraft,
  names: readonly string[],
): boolean {
  const same = (others: readonly string[]): boolean =>
    others.length === names.length && others.every((name) => names.includes(name));
  const [only] = names;
  // With a trash, uniqueness is that of live rows: an index that no foreign key can lean on.
  const alone =
    names.length === 1 &&
    !features.softDelete &&
    columns.some(({ name, unique }) => name === only && unique);
  return same(key) || alone || uniques.some((rule) => same(rule.columns));
}

/** A column that refers to another has its type, which may itself come from further on. */
function inTypeOfTarget(
  column: Column,
  draft: TableDraft,
  find: (name: TableName) => TableDraft | undefined,
): Column {
  let [table, name]: [TableDraft, string] = [draft, column.name];
  const seen = new Set<string>();
  for (;;) {
    const place = JSON.stringify([table.app, table.name, name]);
    const reference = table.references.find(({ columns }) => columns.includes(name));
    const target = reference && find(reference.target);
    if (!reference || !target || seen.has(place)) break;
    seen.add(place);
    const next = reference.targetColumns[reference.columns.indexOf(name)] ?? name;
    if (target === table && next === name) break;
    [table, name] = [target, next];
  }
  const found = table.columns.find((each) => each.name === name);
  if (!found || found === column) return column;
  const { format: _, ...rest } = column;
  return { ...rest, type: found.type };
}
