import type { TableDraft } from '../../../control-plane/model/table.ts';
import { column, table } from './tables.ts';

function to(owner: string, name: string, target: string): TableDraft['references'][number] {
  return {
    name: `${owner}_${name}`,
    columns: [name],
    target: { app: 'default', name: target },
    targetColumns: ['id'],
    onDelete: 'no action',
    onUpdate: 'no action',
  };
}

const lists = { access: 'acl', features: { acl: true } } as const;

/** A small shop, whose companies and notes carry access lists. */
export const shop: readonly TableDraft[] = [
  table('companies', [column('name', 'text'), column('secret', 'text')], lists),
  table(
    'products',
    [
      column('name', 'text'),
      column('category', 'text'),
      column('price', 'numeric'),
      column('stock', 'integer'),
      column('made', 'timestamptz'),
      column('attributes', 'jsonb'),
      column('company_id', 'integer'),
      column('owner_id', 'text'),
      column('is_deleted', 'boolean', { default: { kind: 'value', value: false } }),
    ],
    {
      features: { mark: 'is_deleted' },
      references: [to('products', 'company_id', 'companies')],
      document: {
        foreignKeys: [{ fields: 'owner_id', reference: { resource: 'auth_user', fields: 'id' } }],
      },
    },
  ),
  table('notes', [column('product_id', 'integer'), column('text', 'text')], {
    ...lists,
    references: [to('notes', 'product_id', 'products')],
  }),
  table('tags', [column('name', 'text')]),
  table('product_tags', [column('product_id', 'integer'), column('tag_id', 'integer')], {
    references: [
      to('product_tags', 'product_id', 'products'),
      to('product_tags', 'tag_id', 'tags'),
    ],
  }),
];
