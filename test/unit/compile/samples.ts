import type { ColumnType } from '../../../control-plane/base/types.ts';
import type { Catalog } from '../../../control-plane/model/catalog.ts';
import type { Column, Reference, Table, TableDraft } from '../../../control-plane/model/table.ts';

const text: ColumnType = { base: 'text' };

/** A column with everything off but what is given. */
export function column(name: string, type: ColumnType = text, rules: Partial<Column> = {}): Column {
  return {
    id: `id of ${name}`,
    name,
    type,
    required: false,
    unique: false,
    indexed: false,
    searchable: false,
    immutable: false,
    sudo: false,
    tracked: false,
    createdAt: '',
    updatedAt: '',
    ...rules,
  };
}

export const uuidKey = column(
  'id',
  { base: 'uuid' },
  { required: true, default: { kind: 'uuid' } },
);

/** A table in Monk's profile; `id` names it among the tables of a catalog. */
export function table(
  name: string,
  columns: readonly Column[],
  more: Partial<Table> & { readonly id?: number } = {},
): Table {
  return {
    app: 'default',
    datasource: 'default',
    kind: 'table',
    provider: 'flat_table',
    access: 'acl',
    status: 'active',
    features: { timestamps: true, softDelete: true, acl: true, history: false },
    freeze: false,
    sudo: false,
    key: ['id'],
    references: [],
    id: 7,
    uuid: '00000000-0000-0000-0000-000000000007',
    schema: 't_acme',
    name,
    physical: name,
    createdAt: '',
    updatedAt: '',
    ...more,
    columns: [uuidKey, ...columns],
  };
}

/** A table in the profile of mode grants: no features. */
export function plainTable(
  name: string,
  columns: readonly Column[],
  more: Partial<Table> = {},
): Table {
  const features = { timestamps: false, softDelete: false, acl: false, history: false };
  return table(name, columns, { access: 'grants', features, ...more });
}

export function catalogOf(...tables: readonly Table[]): Catalog {
  return { tenant: 'acme', schema: 't_acme', version: 1, tables };
}

export function reference(from: string, target: string, more: Partial<Reference> = {}): Reference {
  return {
    name: `${from}_fkey`,
    columns: [from],
    target: { app: 'default', name: target },
    targetColumns: ['id'],
    onDelete: 'no action',
    onUpdate: 'no action',
    ...more,
  };
}

/** Names meant to break quoting, cutting and hashing: all of 63 bytes or fewer. */
export const hostileNames = [
  'select',
  'lateral',
  'Mixed Case',
  'quo"te',
  "apostro'phe",
  'back\\slash',
  '$$dollar$$',
  '%I %L %s',
  'new\nline',
  'semi;colon -- comment',
  `${'x'.repeat(62)}a`,
  `${'x'.repeat(62)}b`,
  'é'.repeat(31),
  `${'é'.repeat(30)}ü`,
  'a_b',
  'a',
  'b',
  'a_b_c',
  'name_12345678',
  'row_key',
  'relation',
] as const;

/** The draft of a table, without what the engine adds. */
export function draftOf(from: Table): TableDraft {
  const {
    id: _,
    uuid: __,
    schema: ___,
    physical: ____,
    createdAt: _____,
    updatedAt: ______,
    ...draft
  } = from;
  return draft;
}
