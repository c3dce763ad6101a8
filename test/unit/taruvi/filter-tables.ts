import type { ColumnType } from '../../../control-plane/base/types.ts';
import type { Catalog } from '../../../control-plane/model/catalog.ts';
import type { Column, Reference, Table } from '../../../control-plane/model/table.ts';

function column(name: string, type: ColumnType | ColumnType['base']): Column {
  return {
    id: name,
    name,
    type: typeof type === 'string' ? { base: type } : type,
    required: false,
    unique: false,
    indexed: false,
    searchable: false,
    immutable: false,
    sudo: false,
    tracked: false,
    createdAt: '',
    updatedAt: '',
  };
}

function to(column: string, target: string): Reference {
  return {
    name: `${column}_fkey`,
    columns: [column],
    target: { app: 'shop', name: target },
    targetColumns: ['id'],
    onDelete: 'no action',
    onUpdate: 'no action',
  };
}

function table(id: number, name: string, columns: readonly Column[], rest: Partial<Table>): Table {
  return {
    app: 'shop',
    datasource: 'default',
    name,
    kind: 'table',
    provider: 'flat_table',
    access: 'policy',
    status: 'active',
    features: { timestamps: true, softDelete: false, acl: false, history: false },
    freeze: false,
    sudo: false,
    columns: [column('id', 'integer'), ...columns],
    key: ['id'],
    references: [],
    id,
    uuid: '',
    schema: 't_acme',
    physical: `shop_${name}`,
    createdAt: '',
    updatedAt: '',
    ...rest,
  };
}

/** An item of an order, with a column of every kind. Orders have customers, customers countries; tags pair up with items. */
export const items = table(
  1,
  'items',
  [
    column('name', 'text'),
    column('note', 'text'),
    column('name_gt', 'text'),
    column('page', 'integer'),
    column('price', 'numeric'),
    column('sold', 'boolean'),
    column('at', 'timestamptz'),
    column('tags', { base: 'text', array: true }),
    column('nums', { base: 'integer', array: true }),
    column('doc', 'jsonb'),
    column('span', 'int4range'),
    column('place', 'point'),
    column('order_id', 'integer'),
  ],
  {
    references: [to('order_id', 'orders')],
    search: {
      language: 'german',
      fields: [
        { column: 'name', weight: 'A' },
        { column: 'note', weight: 'B' },
      ],
    },
  },
);

export const catalog: Catalog = {
  tenant: 'acme',
  schema: 't_acme',
  version: 1,
  tables: [
    items,
    table(2, 'orders', [column('state', 'text'), column('customer_id', 'integer')], {
      references: [to('customer_id', 'customers')],
    }),
    table(3, 'customers', [column('name', 'text'), column('country', 'integer')], {
      references: [to('country', 'countries')],
    }),
    table(4, 'countries', [column('code', 'text'), column('ruler', 'integer')], {
      references: [to('ruler', 'customers')],
    }),
    table(5, 'tags', [column('word', 'text')], {}),
    table(6, 'item_tags', [column('item', 'integer'), column('tag', 'integer')], {
      references: [to('item', 'items'), to('tag', 'tags')],
    }),
    table(7, 'reviews', [column('stars', 'integer'), column('item_id', 'integer')], {
      references: [{ ...to('item_id', 'items'), name: 'reviewed_fkey' }],
    }),
  ],
};
