import { ServiceError } from '../../../control-plane/base/errors.ts';
import type { Catalog } from '../../../control-plane/model/catalog.ts';
import type { Table, TableDraft } from '../../../control-plane/model/table.ts';
import { column, table } from '../../dialects/taruvi/tables.ts';

const to = (owner: string, name: string, target: string): TableDraft['references'][number] => ({
  name: `${owner}_${name}`,
  columns: [name],
  target: { app: 'default', name: target },
  targetColumns: ['id'],
  onDelete: 'no action',
  onUpdate: 'no action',
});

const drafts = [
  table('companies', [column('name', 'text')]),
  table(
    'deals',
    [
      column('title', 'text'),
      column('price', 'numeric'),
      column('unit-price', 'numeric'),
      column('created_at', 'timestamptz'),
      column('attributes', 'jsonb'),
      column('company_id', 'integer'),
      column('owner_id', 'text'),
      column('previous', 'integer'),
    ],
    {
      references: [to('deals', 'company_id', 'companies'), to('deals', 'previous', 'deals')],
      document: {
        foreignKeys: [{ fields: 'owner_id', reference: { resource: 'auth_user', fields: 'id' } }],
      },
    },
  ),
  table('notes', [column('deal_id', 'integer'), column('text', 'text')], {
    references: [to('notes', 'deal_id', 'deals')],
  }),
  table('tags', [column('name', 'text')]),
  table('deal_tags', [column('deal_id', 'integer'), column('tag_id', 'integer')], {
    references: [to('deal_tags', 'deal_id', 'deals'), to('deal_tags', 'tag_id', 'tags')],
  }),
];

/** Tables that refer to each other in every way. */
export const catalog: Catalog = {
  tenant: 'acme',
  schema: 't_acme',
  version: 1,
  tables: drafts.map(
    (draft, at): Table => ({
      ...draft,
      id: at + 1,
      uuid: '',
      schema: 't_acme',
      physical: draft.name,
      createdAt: '',
      updatedAt: '',
    }),
  ),
};
export const deals = catalog.tables.find(({ name }) => name === 'deals') as Table;

export type Params = Readonly<Record<string, string>>;

export const queryOf = (params: Params): ReadonlyMap<string, readonly string[]> =>
  new Map(Object.entries(params).map(([name, value]) => [name, [value]]));

/** What a request is refused with. */
export function refusal(work: () => unknown): ServiceError {
  try {
    work();
  } catch (error) {
    if (error instanceof ServiceError) return error;
    throw error;
  }
  throw new Error('it was understood');
}
