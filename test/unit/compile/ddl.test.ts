import { describe, expect, test } from 'vitest';
import { createTable, dropTable, retireTable } from '../../../control-plane/compile/table.ts';
import type { Table } from '../../../control-plane/model/table.ts';
import { catalogOf, column, plainTable, reference, table } from './samples.ts';

const parent = table('companies', [column('name')], { id: 1 });

const everyFlag = table(
  'people',
  [
    column('email', { base: 'text' }, { required: true, unique: true, pattern: '^[^@]+@[^@]+$' }),
    column('age', { base: 'bigint' }, { minimum: 0, maximum: 150.5, indexed: true }),
    column('title', { base: 'varchar', length: 20 }, { minimum: 2, enum: ["Dr's", 'Prof'] }),
    column('tags', { base: 'text', array: true }, { indexed: true, enum: ['a', 'b'] }),
    column('salary', { base: 'numeric' }, { sudo: true, tracked: true }),
    column('code', { base: 'text' }, { immutable: true, searchable: true, description: "It's" }),
    column('notes', { base: 'jsonb' }, { searchable: true, default: { kind: 'value', value: {} } }),
    column('company_id', { base: 'uuid' }),
    column('joined', { base: 'date' }, { default: { kind: 'today' } }),
    column('level', { base: 'bigint' }, { default: { kind: 'value', value: 3 } }),
  ],
  {
    id: 2,
    freeze: true,
    sudo: true,
    description: 'Everyone',
    features: { timestamps: true, softDelete: true, acl: true, history: true },
    references: [
      reference('company_id', 'companies', {
        relationship: { type: 'owned', name: 'people', cascade: true, required: true },
      }),
    ],
  },
);

const cases: Readonly<
  Record<string, { readonly table: Table; readonly others?: readonly Table[] }>
> = {
  bare: { table: table('notes', []) },
  'every-flag': { table: everyFlag, others: [parent] },
  grants: {
    table: plainTable('Plain table', [
      column('a', { base: 'varchar', length: 10 }, { unique: true }),
    ]),
  },
  marked: {
    table: table('marked', [column('gone', { base: 'boolean' })], {
      features: { timestamps: false, softDelete: false, mark: 'gone', acl: true, history: false },
    }),
  },
  keyless: { table: { ...plainTable('log', [column('line')]), key: [] } },
  tree: {
    table: table('parts', [column('parent_id', { base: 'uuid' })], {
      references: [
        reference('parent_id', 'parts', {
          relationship: { type: 'owned', cascade: true, required: false },
        }),
      ],
    }),
  },
  disabled: { table: table('off', [column('a')], { status: 'disabled' }) },
  'other-app': {
    table: table('jobs', [column('a', { base: 'text' }, { immutable: true })], {
      app: 'work',
      physical: 'work_jobs',
    }),
  },
};

describe('the DDL of a table', () => {
  for (const [name, { table: made, others = [] }] of Object.entries(cases)) {
    test(name, async () => {
      const catalog = catalogOf(...others, made);
      const text = [
        '-- create',
        ...createTable(made, catalog).forward,
        '-- undo',
        ...createTable(made, catalog).reverse,
        '-- retire',
        ...retireTable(made, catalog).forward,
        '-- undo',
        ...retireTable(made, catalog).reverse,
      ].join(';\n');
      await expect(`${text};\n`).toMatchFileSnapshot(`__golden__/table-${name}.sql`);
    });
  }

  test('a drop is the reverse of a creation', () => {
    const catalog = catalogOf(parent, everyFlag);
    const made = createTable(everyFlag, catalog);
    const gone = dropTable(everyFlag, catalog);
    expect(gone.forward).toEqual(made.reverse);
    expect(gone.reverse).toEqual(made.forward);
    expect(gone.class).toBe('destructive');
  });
});
