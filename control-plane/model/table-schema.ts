import { type ErrorDetail, type ErrorKind, ServiceError } from '../base/errors.ts';
import { isStorableText } from '../base/storable.ts';
import { baseTypes } from '../base/types.ts';
import { checkPlace } from './app-schema.ts';
import { type Catalog, findTable } from './catalog.ts';
import { carries, flagNames, flags } from './flags.ts';
import { checkGraph } from './graph.ts';
import {
  type Column,
  type Features,
  type Reference,
  sameName,
  systemColumns,
  type TableDraft,
  type TableName,
} from './table.ts';

/** Names beginning so are the engine's own, in every tenant's schema. */
const reservedPrefix = '_rowhouse_';

/** Postgres keeps these in every table. */
export const postgresColumns: readonly string[] = [
  'tableoid',
  'xmin',
  'cmin',
  'xmax',
  'cmax',
  'ctid',
];

/** Physical columns the engine keeps in a table of these features; `_search` is held free for columns flagged later. */
export function engineColumns(
  draft: Pick<TableDraft, 'features' | 'access' | 'search'>,
): readonly string[] {
  const features: Features = draft.features;
  return [
    ...(features.timestamps ? systemColumns.timestamps : []),
    ...(features.softDelete ? systemColumns.softDelete : []),
    ...(features.acl ? systemColumns.acl : []),
    ...(hasStamp(draft) ? systemColumns.always : []),
    searchVector(draft),
  ];
}

/** The generated full-text vector: over the columns flagged searchable, or as a search rule says. */
export function searchVector({ search }: Pick<TableDraft, 'search'>): string {
  return search ? 'search_vector' : '_search';
}

/** Whether rows carry `_xact`, the transaction that wrote them: everywhere but in mode grants, whose rows nobody loses by a write. */
export function hasStamp(draft: Pick<TableDraft, 'access'>): boolean {
  return draft.access !== 'grants';
}

/** The Postgres name of a table: its own in app `default`; elsewhere led by the app, without hyphens, spaces and a leading digit. */
export function physicalName(name: TableName): string {
  if (name.app === 'default') return name.name;
  const plain = `${name.app}_${name.name}`.replace(/[- ]/g, '_');
  return /^\d/.test(plain) ? `t_${plain}` : plain;
}

/** How errors and the history speak of a table: its name in app `default`, `app.name` elsewhere. */
export function logicalName(name: TableName): string {
  return name.app === 'default' ? name.name : `${name.app}.${name.name}`;
}

/** Refuses a draft that can't become a table of this catalog. `replaces` is the table it takes the place of, if any. */
export function checkDraft(draft: TableDraft, catalog: Catalog, replaces?: TableName): void {
  checkTableName(draft, catalog, replaces);
  checkColumns(draft);
  for (const column of draft.columns) checkColumn(column, draft);
  checkKey(draft);
  checkHeld(draft);
  for (const reference of draft.references) checkReference(reference, draft, catalog, replaces);
  checkGraph(draft);
}

function checkTableName(draft: TableDraft, catalog: Catalog, replaces?: TableName): void {
  const { name } = draft;
  checkPlace(draft, catalog);
  checkName(name, { field: name, table: name });
  const physical = physicalName(draft);
  if (Buffer.byteLength(physical) > 63) {
    refuse('invalid_name', `Table name '${name}' is too long`, { field: name, reason: 'too_long' });
  }
  if (name.startsWith(reservedPrefix) || physical.startsWith(reservedPrefix)) {
    const message = `Table names beginning with '${reservedPrefix}' are reserved`;
    refuse('invalid_name', message, { field: name, reason: 'reserved' });
  }
  const taken = catalog.tables.some(
    (table) => table.physical === physical && !(replaces && sameName(table, replaces)),
  );
  if (taken) refuse('table_exists', `Table '${name}' exists`, { table: name });
}

function checkColumns(draft: TableDraft): void {
  const seen = new Set<string>();
  const engine = new Set(engineColumns(draft));
  for (const { name } of draft.columns) {
    checkName(name, { field: name, table: draft.name });
    const detail = { field: name, table: draft.name };
    if (engine.has(name) || postgresColumns.includes(name)) {
      refuse('invalid_name', `Column name '${name}' is reserved`, {
        ...detail,
        reason: 'reserved',
      });
    }
    if (seen.has(name)) refuse('column_exists', `Column '${name}' exists`, detail);
    seen.add(name);
  }
}

function checkColumn(column: Column, draft: TableDraft): void {
  const detail = { field: column.name, table: draft.name };
  const { base, length, precision } = column.type;
  if (!Object.hasOwn(baseTypes, base)) {
    refuse('invalid_definition', `Unknown type '${String(base)}'`, { ...detail, reason: 'type' });
  }
  if (!inRange(length, 1, 10_485_760) || !inRange(precision, 0, 6)) {
    refuse('invalid_definition', 'Length or precision is out of range', {
      ...detail,
      reason: 'type',
    });
  }
  for (const flag of flagNames) {
    if (carries(column, flag) && !flags[flag].fits(column.type, column)) {
      const message = `Column '${column.name}': '${flag}' does not go with its type`;
      refuse('invalid_definition', message, { ...detail, reason: flag });
    }
  }
  if (column.tracked && draft.key.length !== 1) {
    const message = 'Changes are tracked only in tables with a single-column primary key';
    refuse('invalid_definition', message, { ...detail, reason: 'tracked' });
  }
  const { minimum, maximum } = column;
  if (typeof minimum === 'number' && typeof maximum === 'number' && minimum > maximum) {
    const message = `Column '${column.name}': minimum is above maximum`;
    refuse('invalid_definition', message, { ...detail, reason: 'minimum' });
  }
}

/** What a column held in JSON can't be: part of a key, of a reference or of a rule over several columns, or guarded as only columns of Postgres are. */
function checkHeld(draft: TableDraft): void {
  const joint = [
    draft.key,
    ...draft.references.map(({ columns }) => columns),
    ...(draft.uniques ?? []).map(({ columns }) => columns),
  ].flat();
  for (const column of draft.columns.filter(({ held }) => held !== undefined)) {
    const { name, immutable, sudo, touched, identity } = column;
    const detail = { field: name, table: draft.name, reason: 'held' };
    if (draft.holder === undefined) refuse('invalid_definition', 'Nothing holds it', detail);
    if (joint.includes(name) || immutable || sudo || touched || identity) {
      const message = `Column '${name}' is held in JSON: it takes no part in keys and references`;
      refuse('invalid_definition', message, detail);
    }
  }
  const clash = draft.columns.find(({ name, held }) => held === undefined && name === draft.holder);
  if (clash) {
    const detail = { field: clash.name, table: draft.name, reason: 'reserved' };
    refuse('invalid_name', `Column name '${clash.name}' is reserved`, detail);
  }
}

function checkKey(draft: TableDraft): void {
  for (const name of draft.key) requireColumn(draft, name);
  if (draft.features.softDelete && draft.key.length === 0) {
    const message = 'A trash needs a primary key';
    refuse('invalid_definition', message, { table: draft.name, reason: 'soft_delete' });
  }
  checkMark(draft);
}

function checkMark({ name: table, features, columns, key }: TableDraft): void {
  const { mark, softDelete } = features;
  if (mark === undefined) return;
  const column = columns.find(({ name }) => name === mark);
  const fits = column?.type.base === 'boolean' && !column.type.array;
  if (fits && !softDelete && key.length > 0 && !key.includes(mark)) return;
  const message =
    'Deleting by a mark needs a boolean column, a primary key beside it, and no trash';
  refuse('invalid_definition', message, { field: mark, table, reason: 'mark' });
}

function checkReference(
  reference: Reference,
  draft: TableDraft,
  catalog: Catalog,
  replaces?: TableName,
): void {
  const detail = { field: reference.columns[0] ?? reference.name, table: draft.name };
  for (const name of reference.columns) requireColumn(draft, name);
  if (reference.columns.length === 0 || reference.columns.length !== reference.targetColumns.length)
    refuse('invalid_definition', 'A reference needs as many columns as it points at', detail);
  const self = sameName(reference.target, draft);
  const target = self ? draft : findTable(catalog, reference.target);
  if (!target || (!self && replaces && sameName(reference.target, replaces))) {
    refuse('invalid_definition', `No such table '${reference.target.name}'`, {
      ...detail,
      reason: 'target_not_found',
    });
  }
  for (const name of reference.targetColumns) requireColumn(target, name, detail);
  checkRelationshipName(reference, draft, catalog, replaces);
}

/** Owned relationships are found by name from the parent, referenced ones from the child: each must be unique there. */
function checkRelationshipName(
  reference: Reference,
  draft: TableDraft,
  catalog: Catalog,
  replaces?: TableName,
): void {
  const { relationship, target } = reference;
  if (relationship?.name === undefined) return;
  const others =
    relationship.type === 'owned'
      ? catalog.tables.filter((table) => !sameName(table, draft) && !same(table, replaces))
      : [];
  const clash = [...others, draft]
    .flatMap((table) => table.references)
    .some(
      (other) =>
        other !== reference &&
        other.relationship?.type === relationship.type &&
        other.relationship.name === relationship.name &&
        (relationship.type === 'referenced' || sameName(other.target, target)),
    );
  if (clash) {
    refuse('data_conflict', `Relationship name '${relationship.name}' is taken`, {
      field: reference.columns[0] ?? reference.name,
      table: draft.name,
      reason: 'relationship_name',
    });
  }
}

function requireColumn(
  draft: TableDraft,
  name: string,
  detail: ErrorDetail = { field: name, table: draft.name },
): void {
  if (draft.columns.some((column) => column.name === name)) return;
  refuse('invalid_definition', `No such column '${name}' in table '${draft.name}'`, {
    ...detail,
    reason: 'column_not_found',
  });
}

function checkName(name: string, detail: ErrorDetail): void {
  const bytes = Buffer.byteLength(name);
  if (bytes > 63)
    refuse('invalid_name', `Name '${name}' is too long`, { ...detail, reason: 'too_long' });
  if (bytes === 0 || !isStorableText(name)) {
    refuse('invalid_name', 'A name is empty or not text', { ...detail, reason: 'malformed' });
  }
}

function inRange(value: number | undefined, low: number, high: number): boolean {
  return value === undefined || (Number.isInteger(value) && value >= low && value <= high);
}

function same(a: TableName, b: TableName | undefined): boolean {
  return b !== undefined && sameName(a, b);
}

function refuse(kind: ErrorKind, message: string, detail: ErrorDetail): never {
  throw new ServiceError(kind, message, detail);
}
