import type { ColumnType } from '../../../control-plane/base/types.ts';
import type { Catalog } from '../../../control-plane/model/catalog.ts';
import type { Column, Table } from '../../../control-plane/model/table.ts';

function column(name: string, type: ColumnType, rest: Partial<Column> = {}): Column {
  return {
    id: name,
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
    ...rest,
  };
}

const key = column('id', { base: 'uuid' }, { required: true, default: { kind: 'uuid' } });

function table(
  id: number,
  name: string,
  columns: readonly Column[],
  rest: Partial<Table> = {},
): Table {
  return {
    app: 'default',
    datasource: 'default',
    name,
    kind: 'table',
    provider: 'flat_table',
    access: 'acl',
    status: 'active',
    features: { timestamps: true, softDelete: true, acl: true, history: true },
    freeze: false,
    sudo: false,
    columns: [key, ...columns],
    key: ['id'],
    references: [],
    id,
    uuid: '',
    schema: 't_acme',
    physical: name,
    createdAt: '',
    updatedAt: '',
    ...rest,
  };
}

function to(name: string, target: string): Table['references'][number] {
  return {
    name: `${name}_fkey`,
    columns: [name],
    target: { app: 'default', name: target },
    targetColumns: ['id'],
    onDelete: 'no action',
    onUpdate: 'no action',
  };
}

export const catalog: Catalog = {
  tenant: 'acme',
  schema: 't_acme',
  version: 1,
  tables: [
    table(
      1,
      'pets',
      [
        column('name', { base: 'text' }, { searchable: true, required: true }),
        column('note', { base: 'text' }, { searchable: true }),
        column('Weird "name"', { base: 'text' }),
        column('age', { base: 'bigint' }),
        column('price', { base: 'numeric' }),
        column('alive', { base: 'boolean' }),
        column('seen', { base: 'timestamptz' }),
        column('tags', { base: 'text', array: true }),
        column('meta', { base: 'jsonb' }),
        column('owner', { base: 'uuid' }),
      ],
      { references: [to('owner', 'people')] },
    ),
    table(2, 'people', [column('name', { base: 'text' })]),
    table(3, 'pet_vets', [column('pet', { base: 'uuid' }), column('vet', { base: 'uuid' })], {
      references: [to('pet', 'pets'), to('vet', 'people')],
    }),
    table(4, 'plain', [column('n', { base: 'integer' })], {
      access: 'grants',
      features: { timestamps: false, softDelete: false, acl: false, history: false },
    }),
    table(5, 'off', [], { status: 'disabled' }),
    table(6, 'view', [], { kind: 'view' }),
  ],
};
