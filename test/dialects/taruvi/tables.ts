import type { BaseType } from '../../../control-plane/base/types.ts';
import type { Column, TableDraft } from '../../../control-plane/model/table.ts';

/** A column with no rules but those given. */
export function column(name: string, base: BaseType, rest: Partial<Column> = {}): Column {
  return {
    id: '',
    name,
    type: { base },
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

const whole = (value: number | string | boolean) => ({ kind: 'value', value }) as const;

/** A table of app `default` with an integer key that numbers itself. */
export function table(
  name: string,
  columns: readonly Column[],
  rest: Partial<Omit<TableDraft, 'features'>> & {
    readonly features?: Partial<TableDraft['features']>;
  } = {},
): TableDraft {
  const id = column('id', 'integer', { identity: { start: 1, increment: 1 } });
  return {
    app: 'default',
    name,
    datasource: 'default',
    kind: 'table',
    provider: 'flat_table',
    access: 'policy',
    status: 'active',
    freeze: false,
    sudo: false,
    key: ['id'],
    references: [],
    columns: rest.key ? columns : [id, ...columns],
    ...rest,
    features: {
      timestamps: false,
      softDelete: false,
      acl: false,
      history: false,
      ...rest.features,
    },
  };
}

/** One table for each rule of the data plane. */
export const drafts: readonly TableDraft[] = [
  table('items', [
    column('title', 'text', { required: true, maximum: 40 }),
    column('price', 'numeric', { minimum: 0 }),
    column('code', 'text', { unique: true }),
    column('quantity', 'integer', { default: whole(5) }),
    column('seen', 'timestamptz'),
    column('more', 'jsonb'),
  ]),
  table('pairs', [column('a', 'integer'), column('b', 'text'), column('note', 'text')], {
    key: ['a', 'b'],
  }),
  table('joint', [column('x', 'integer'), column('y', 'text'), column('note', 'text')], {
    uniques: [{ name: 'joint_xy', columns: ['x', 'y'] }],
  }),
  table(
    'marked',
    [column('title', 'text'), column('is_deleted', 'boolean', { default: whole(false) })],
    { features: { mark: 'is_deleted' } },
  ),
  table('trashed', [column('title', 'text', { unique: true })], {
    features: { softDelete: true, timestamps: true },
  }),
  table('shared', [column('title', 'text')], { access: 'acl', features: { acl: true } }),
  table('shared_marked', [column('title', 'text'), column('is_deleted', 'boolean')], {
    access: 'acl',
    features: { acl: true, mark: 'is_deleted' },
  }),
  table('ruled', [
    column('fixed', 'text', { immutable: true }),
    column('guarded', 'text', { sudo: true }),
    column('free', 'text'),
  ]),
  table('cold', [column('title', 'text')], { freeze: true }),
  table('guarded', [column('title', 'text')], { sudo: true }),
  table('parents', [column('name', 'text')]),
  table('children', [column('parent_id', 'integer'), column('name', 'text')], {
    references: [
      {
        name: 'children_parent',
        columns: ['parent_id'],
        target: { app: 'default', name: 'parents' },
        targetColumns: ['id'],
        onDelete: 'no action',
        onUpdate: 'no action',
      },
    ],
  }),
  table(
    'audited',
    [column('title', 'text', { tracked: true }), column('other', 'text', { tracked: true })],
    {
      features: { history: true },
    },
  ),
  table(
    'audited_marked',
    [
      column('title', 'text', { tracked: true }),
      column('is_deleted', 'boolean', { tracked: true }),
    ],
    { features: { history: true, mark: 'is_deleted' } },
  ),
  table('audited_shared', [column('title', 'text', { tracked: true })], {
    access: 'acl',
    features: { history: true, acl: true },
  }),
];
