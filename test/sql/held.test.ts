/** Columns held in a jsonb column: read, written and filtered as if they were columns, and the same rules for SQL. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '../../control-plane/model/principal.ts';
import type { Column, TableDraft } from '../../control-plane/model/table.ts';
import type { Output } from '../../control-plane/statement/output.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { createTenantWith, openDefiner } from '../support/definer.ts';
import { createLogin } from '../support/logins.ts';
import { principal } from '../support/principal.ts';
import { withClient } from '../support/sql.ts';
import {
  compare,
  failure,
  type Harness,
  insert,
  read,
  table,
  tenantHarness,
} from './plan-harness.ts';

let database: TestDatabase;
let h: Harness;
let ann: Principal;

const column = (name: string, more: Partial<Column>): Column => ({
  id: '',
  name,
  type: { base: 'text' },
  required: false,
  unique: false,
  indexed: false,
  searchable: false,
  immutable: false,
  sudo: false,
  tracked: false,
  createdAt: '',
  updatedAt: '',
  ...more,
});

const held = (name: string, more: Partial<Column> = {}): Column =>
  column(name, { held: name, ...more });

const things: TableDraft = {
  app: 'default',
  datasource: 'default',
  name: 'things',
  kind: 'table',
  provider: 'jsonb',
  access: 'acl',
  status: 'active',
  features: { timestamps: false, softDelete: false, acl: true, history: false },
  freeze: false,
  sudo: false,
  holder: 'data',
  key: ['id'],
  references: [],
  columns: [
    column('id', { type: { base: 'uuid' }, default: { kind: 'uuid' }, required: true }),
    held('name', { required: true, maximum: 5, unique: true }),
    held('n', { type: { base: 'integer' }, indexed: true, default: { kind: 'value', value: 7 } }),
    held('price', { type: { base: 'numeric' }, minimum: 0 }),
    held('on', { type: { base: 'date' }, indexed: true }),
    held('at', { type: { base: 'timestamptz' } }),
    held('ok', { type: { base: 'boolean' } }),
    held('tags', { type: { base: 'text', array: true } }),
    held('data', { type: { base: 'jsonb' } }),
    held('a "b" \'c\' $$', {}),
  ],
};

const all: Output = {
  items: [
    ...things.columns
      .filter(({ name }) => name !== 'id')
      .map(({ name }) => ({ kind: 'column' as const, name })),
  ],
  format: { numbers: 'plain', times: 'trimmed' },
  undeclared: true,
};

beforeAll(async () => {
  database = await createDatabase();
  const tenant = database.slug('held');
  await createTenantWith(database, tenant, [things]);
  h = await tenantHarness(database, tenant);
  ann = principal(tenant, 'ann', { access: 'root' });
});

const put = (...rows: Record<string, unknown>[]) =>
  h.rows(ann, {
    ...insert(
      'things',
      rows.map((values) => ({ values: values as never })),
    ),
    output: all,
  });

const none = {
  price: null,
  on: null,
  at: null,
  ok: null,
  tags: null,
  data: null,
  'a "b" \'c\' $$': null,
};

describe('held columns', () => {
  it('come back as their types have them, with defaults, and what nothing declares behind them', async () => {
    const [row] = await put({
      name: 'one',
      price: 1.5,
      on: '2024-02-29',
      at: '2024-01-01T12:00:00+02:00',
      ok: true,
      tags: ['x', 'y"'],
      data: { k: [1] },
      'a "b" \'c\' $$': '%_\\',
      extra: { deep: 1 },
      more: null,
    });
    expect(row).toEqual({
      name: 'one',
      n: 7,
      price: 1.5,
      on: '2024-02-29',
      at: '2024-01-01T10:00:00Z',
      ok: true,
      tags: ['x', 'y"'],
      data: { k: [1] },
      'a "b" \'c\' $$': '%_\\',
      extra: { deep: 1 },
      more: null,
    });
    expect(await put({ name: 'two', n: null })).toEqual([{ name: 'two', n: null, ...none }]);
  });

  it.each([
    ['n', 'gte', 7],
    ['price', 'lt', 2],
    ['on', 'eq', '2024-02-29'],
    ['at', 'eq', '2024-01-01T10:00:00Z'],
    ['ok', 'eq', true],
    ['tags', 'array_contains', ['x']],
    ['data', 'json_contains', { k: [1] }],
    ['name', 'istarts_with', 'ON'],
    ['a "b" \'c\' $$', 'contains', '%_\\'],
  ] as const)('are conditions: %s %s', async (name, operator, operand) => {
    const found = await h.rows(ann, {
      ...read('things', ['name'], {
        where: {
          kind: 'compare',
          field: { kind: 'column', name },
          operator,
          operand: operand as never,
        },
      }),
    });
    expect(found).toEqual([{ name: 'one' }]);
  });

  it('are conditions where nothing declares them, by their JSON value', async () => {
    const where = {
      kind: 'compare' as const,
      field: { kind: 'undeclared' as const, path: ['extra', 'deep'] },
      operator: 'json_equals' as const,
      operand: 1,
    };
    expect(await h.rows(ann, read('things', ['name'], { where }))).toEqual([{ name: 'one' }]);
  });

  it('change one by one; what is not named stays', async () => {
    const [id] = (
      await h.rows(ann, read('things', ['id'], { where: compare('name', 'eq', 'one') }))
    ).map((row) => String(row['id']));
    const update = (values: object) =>
      h.rows(ann, {
        kind: 'update',
        table: table('things'),
        target: { by: 'keys', keys: [id ?? ''] },
        changes: [{ values: values as never }],
        show: 'live',
        output: all,
      });
    expect(await update({ n: 8, extra: 2 })).toMatchObject([
      { name: 'one', n: 8, price: 1.5, extra: 2, more: null },
    ]);
    expect(await update({ price: null })).toMatchObject([{ n: 8, price: null }]);
    const reset = await h.rows(ann, {
      kind: 'update',
      table: table('things'),
      target: { by: 'keys', keys: [id ?? ''] },
      changes: [{ values: { name: 'one' } }],
      unnamed: 'default',
      show: 'live',
      output: all,
    });
    expect(reset).toEqual([{ name: 'one', n: 7, ...none }]);
  });

  it.each([
    [{ n: 'x', name: 'a' }, 'n', 'type'],
    [{ name: 'too long' }, 'name', 'maximum'],
    [{ price: -1, name: 'a' }, 'price', 'minimum'],
    [{ on: '2024-02-30', name: 'a' }, 'on', 'type'],
    [{ n: 1 }, 'name', 'required'],
    [{ tags: [1], name: 'a' }, 'tags', 'type'],
  ])('keep their rules: %j', async (values, field, code) => {
    const error = await failure(h, ann, {
      ...insert('things', [{ values: { name: 'fine' } }, { values: values as never }]),
      output: all,
    });
    expect(error.kind).toBe('invalid_row');
    expect(error.detail.faults).toMatchObject([{ row: 1, field, code }]);
  });

  it('are unique where they say so', async () => {
    const error = await failure(h, ann, insert('things', [{ values: { name: 'two' } }]));
    expect([error.kind, error.detail.field]).toEqual(['unique_violation', 'name']);
  });

  it('are found by index', async () => {
    const plan = async (condition: string): Promise<string> => {
      await database.admin.query('set enable_seqscan = off');
      const { rows } = await database.admin.query(
        `explain select 1 from t_${h.tenant}.things as t where ${condition}`,
      );
      return JSON.stringify(rows);
    };
    expect(await plan(`((t.data ->> 'n')::numeric::integer) = 3`)).toContain('Index');
    expect(await plan(`rowhouse.held_date((t.data ->> 'on')) > '2020-01-01'`)).toContain('Index');
  });

  it('bind SQL logins alike', async () => {
    const url = await createLogin(database, 'held_sql', ann);
    await withClient(url, async (client) => {
      const to = `t_${h.tenant}.things`;
      await client.query(`insert into ${to} (data) values ('{"name":"sql","free":1}')`);
      const { rows } = await client.query(`select data from ${to} where data ->> 'name' = 'sql'`);
      expect(rows).toEqual([{ data: { name: 'sql', free: 1, n: 7 } }]);
      for (const data of ['{"name":1}', '{}', '[]', '{"name":"x","on":"soon"}']) {
        await expect(
          client.query(`insert into ${to} (data) values ($1)`, [data]),
        ).rejects.toMatchObject({
          code: 'RH405',
        });
      }
      await expect(client.query(`update ${to} set data = data - 'name'`)).rejects.toMatchObject({
        code: 'RH405',
      });
    });
  });

  it('change their definition without touching rows, and only where the rows fit', async () => {
    const files = async () =>
      (await database.admin.query(`select pg_relation_filenode('t_${h.tenant}.things') as f`)).rows;
    const before = await files();
    const definer = openDefiner(database);
    database.onClose(() => definer.end());
    const root = principal(h.tenant, 'maker', { access: 'root', sudo: true });
    const change = (columns: readonly Column[]) =>
      definer.define(root, {
        kind: 'change_table',
        from: table('things'),
        to: { ...things, columns },
      });
    const now =
      (await definer.catalog(h.tenant)).tables.find(({ name }) => name === 'things')?.columns ?? [];
    await expect(
      change(now.map((each) => (each.name === 'n' ? { ...each, maximum: 6 } : each))),
    ).rejects.toMatchObject({ kind: 'data_conflict' });
    await change([
      ...now.map((each) => (each.name === 'n' ? { ...each, name: 'count' } : each)),
      held('n', { type: { base: 'text' } }),
    ]);
    const fresh = await tenantHarness(database, h.tenant);
    const [row] = await fresh.rows(ann, {
      ...insert('things', [{ values: { name: 'moved', count: 3, n: 'text' } }]),
      output: {
        items: ['count', 'n'].map((name) => ({ kind: 'column' as const, name })),
        format: all.format,
      },
    });
    expect(row).toEqual({ count: 3, n: 'text' });
    expect(
      await fresh.rows(ann, read('things', ['count'], { where: compare('name', 'eq', 'sql') })),
    ).toEqual([{ count: 7 }]);
    expect(await files()).toEqual(before);
  });
});
