/** What is refused under manage leaves catalogs and model exactly as they were, wherever it fails. */
import { beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../../support/app.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { type Pgrest, pgrest } from '../../support/pgrest.ts';
import { principal } from '../../support/principal.ts';
import { difference, snapshot } from '../../support/snapshot.ts';
import { withClient } from '../../support/sql.ts';

let database: TestDatabase;
let app: TestApp;
let admin: Pgrest;
let tenant: string;
let id: number;
let before: readonly string[];

const changes = async () => difference(before, await snapshot(database, tenant));

beforeAll(async () => {
  database = await createDatabase();
  app = await startApp(database);
  tenant = await app.createTenant('rejected');
  admin = pgrest(app, principal(tenant, 'ada', { roles: ['PGREST_ADMIN'] }));
  id = await admin.table({
    table_name: 'base',
    enums: { colour: ['RED', 'BLUE'] },
    columns: {
      a: { data_type: 'text' },
      u: { data_type: 'varchar', char_len: 9, unique: true },
      n: { data_type: 'integer', default: 7 },
      f: { data_type: 'float' },
      s: { data_type: 'text' },
      v: { data_type: 'varchar', char_len: 3 },
      e: { data_type: 'colour', default: 'RED' },
      t: { data_type: 'timestamp', default: 'UPDATETIME' },
    },
  });
  await admin.call('POST', '/data/base', {
    data: [
      { a: 'x', u: '1', f: 1.5, s: 'y' },
      { a: 'y', u: '2', f: 2, s: '5' },
    ],
  });
  await admin.table({
    table_name: 'child',
    columns: {
      r: {
        data_type: 'varchar',
        char_len: 9,
        foreign_key: true,
        reference_table: 'base',
        reference_column: 'u',
        on_delete: 'CASCADE',
      },
    },
  });
  for (const [view_name, raw_sql] of [
    ['top', 'select a from base'],
    ['over', 'select a from top'],
  ]) {
    await admin.call('POST', '/manage/views', { view_name, raw_sql });
  }
  await admin.call('POST', '/manage/views', {
    view_name: 'stored',
    materialized_view_raw_sql: 'select 1 / (n - 6) as q from base',
  });
  await admin.call('PUT', '/data/base/1', { data: { n: 6 } });
  await admin.call('POST', '/manage/roles', { role_name: 'PGREST_X', description: 'x' });
  before = await snapshot(database, tenant);
});

const integer = { data_type: 'integer' };
const to = (target: string, column: string) => ({
  foreign_key: true,
  reference_table: target,
  reference_column: column,
  on_delete: 'CASCADE',
});

/** By operation: bodies refused while they are read, and bodies that only Postgres refuses. */
const puts: Readonly<Record<string, readonly unknown[]>> = {
  root_url: ['', 'child', 'a/b', 7],
  table_name: ['child', 'CHILD', 'top', 'colour', 'no/way', ''],
  comments: [7, ['x']],
  endpoints: [['ALL', 'CREATE'], ['NOPE'], 'CREATE'],
  column_type: [
    'a, integer',
    'u, integer',
    'f, integer',
    's, integer',
    's, varchar(0)',
    'f, colour',
    'f, nope',
    'n, serial',
    'base_id, text',
    'zzz, text',
    'f',
    { column: 'f', type: 'integer', colour: 1 },
  ],
  add_column: [
    {},
    { A: integer },
    { x: integer, y: integer },
    { x: { ...integer, null: false } },
    { x: { ...integer, default: 1, unique: true } },
    { x: { ...integer, default: 99, ...to('base', 'base_id') } },
    { x: { ...integer, ...to('nope', 'id') } },
    { x: { data_type: 'text', ...to('base', 'base_id') } },
    { x: { data_type: 'colour', default: 'GREEN' } },
    { x: { ...integer, default: 'x' } },
    { x: { ...integer, primary_key: true } },
    { x: { data_type: 'serial', serial_increment: 0 } },
    { x: { data_type: 'nope' } },
  ],
  drop_column: ['a', 'u', 'base_id', 'zzz', ''],
  drop_default: ['a', 'zzz', 7],
  set_default: ['a,', 'n, x', 'e, GREEN', 'v, abcd', 't, never', 'base_id, 1', 'zzz, 1', 'n'],
};

type Refused = readonly [method: string, path: string, body?: unknown];

const others: readonly Refused[] = [
  ['PUT', '/manage/tables/ID', { comments: 'a', root_url: 'b' }],
  ['PUT', '/manage/tables/ID', { comments: 'a', colour: 'b' }],
  ['DELETE', '/manage/tables/ID'],
  ['DELETE', '/manage/tables/ID?cascade=maybe'],
  ['POST', '/manage/tables', { table_name: 'base', columns: {} }],
  // The enum is made before the table and goes with it.
  [
    'POST',
    '/manage/tables',
    { table_name: 'x', enums: { new: ['A'] }, columns: { a: { data_type: 'new', default: 'B' } } },
  ],
  [
    'POST',
    '/manage/tables',
    {
      table_name: 'x',
      enums: { new: ['A'] },
      columns: { a: { data_type: 'new', ...to('base', 'base_id') } },
    },
  ],
  ['POST', '/manage/tables', { table_name: 'x', enums: { base: ['A'] }, columns: {} }],
  ['PUT', '/manage/views/top', { comments: 'a', root_url: 'b' }],
  ['PUT', '/manage/views/top', { root_url: 'over' }],
  ['PUT', '/manage/views/top', { root_url: 'a/b' }],
  ['PUT', '/manage/views/top', { permission_rules: 'PGREST_USER' }],
  ['PUT', '/manage/views/top', { permission_rules: [7] }],
  ['PUT', '/manage/views/top', { endpoints: ['NOPE'] }],
  ['PUT', '/manage/views/top', { comments: 7 }],
  ['PUT', '/manage/views/top', { raw_sql: 'select 1 as a' }],
  ['DELETE', '/manage/views/top'],
  ['POST', '/manage/views', { view_name: 'x', raw_sql: 'select nope from base' }],
  ['POST', '/manage/views', { view_name: 'x', materialized_view_raw_sql: 'select 1 / 0 as q' }],
  ['POST', '/manage/views/stored/refresh'],
  ['POST', '/manage/roles', { role_name: 'PGREST_x', description: 'again' }],
  ['POST', '/manage/roles', { role_name: 'other', description: 'x' }],
  ['POST', '/manage/roles/PGREST_ADMIN', { method: 'grant', username: 'bob' }],
  ['POST', '/manage/roles/PGREST_X', { method: 'lend', username: 'bob' }],
];

describe('what is refused changes nothing', () => {
  const cases: readonly Refused[] = [
    ...Object.entries(puts).flatMap(([key, values]) =>
      values.map((value) => ['PUT', '/manage/tables/ID', { [key]: value }] as const),
    ),
    ...others,
  ];

  it.each(cases.map((each) => [each.map((part) => JSON.stringify(part)).join(' '), each] as const))(
    '%s',
    async (_, [method, path, body]) => {
      await admin.refused(400, method, path.replace('ID', String(id)), body);
      expect(await changes()).toEqual([]);
    },
  );

  it('nor does what waits too long', async () => {
    await withClient(database.url, async (client) => {
      await client.query(`begin; lock table t_${tenant}.base in access share mode`);
      const reply = await admin.send('PUT', `/manage/tables/${id}`, { add_column: { x: integer } });
      expect([reply.status, reply.headers.has('retry-after')]).toEqual([503, true]);
      expect((reply.body as { metadata: object }).metadata).toMatchObject({ code: 'busy' });
      await client.query('rollback');
    });
    expect(await changes()).toEqual([]);
  });

  it('while what is accepted shows', async () => {
    await admin.call('PUT', `/manage/tables/${id}`, { set_default: 'n, 8' });
    expect(await changes()).not.toEqual([]);
  });
});
