/** Definitions of tables that the PgREST dialect refuses, leaving nothing behind. */
import { beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../../support/app.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { type Pgrest, pgrest } from '../../support/pgrest.ts';
import { principal } from '../../support/principal.ts';

let database: TestDatabase;
let app: TestApp;
let admin: Pgrest;
let tenant: string;

beforeAll(async () => {
  database = await createDatabase();
  app = await startApp(database);
  tenant = await app.createTenant('refused');
  admin = pgrest(app, principal(tenant, 'ada', { roles: ['PGREST_ADMIN'] }));
  await admin.table({
    table_name: 'Every',
    enums: { accountrole: ['ADMIN', 'USER'] },
    columns: { i: { data_type: 'integer' }, role: { data_type: 'accountrole' } },
  });
});

describe('defining tables', () => {
  const column = { data_type: 'integer' };
  const bad: readonly (readonly [string, object])[] = [
    ['no name', { columns: {} }],
    ['no columns', { table_name: 'x1' }],
    ['an unknown key', { table_name: 'x1', columns: {}, color: 'red' }],
    ['a bad name', { table_name: '1x', columns: {} }],
    ['a hostile name', { table_name: 'x"; drop schema control', columns: {} }],
    ['a long name', { table_name: 'x'.repeat(61), columns: {} }],
    ['a reserved name', { table_name: '_rowhouse_x', columns: {} }],
    ['a name in use by case', { table_name: 'EVERY', columns: {} }],
    ['the name of an enum', { table_name: 'AccountRole', columns: {} }],
    ['a root_url in use', { table_name: 'x1', root_url: 'Every', columns: {} }],
    ['a root_url with a slash', { table_name: 'x1', root_url: 'a/b', columns: {} }],
    ['a root_url with outer space', { table_name: 'x1', root_url: ' a', columns: {} }],
    ['endpoints unknown', { table_name: 'x1', columns: {}, endpoints: ['GET'] }],
    ['endpoints mixed', { table_name: 'x1', columns: {}, endpoints: ['ALL', 'CREATE'] }],
    ['a flag', { table_name: 'x1', columns: {}, create: 'no' }],
    ['enum values', { table_name: 'x1', columns: {}, enums: { accountrole: ['USER'] } }],
    ['an empty enum', { table_name: 'x1', columns: {}, enums: { en: [] } }],
    ['a repeated enum value', { table_name: 'x1', columns: {}, enums: { en: ['a', 'a'] } }],
    ['a constraint kind', { table_name: 'x1', columns: {}, constraints: { check: {} } }],
    [
      'a lone unique',
      { table_name: 'x1', columns: { a: column }, constraints: { unique: { u: ['a'] } } },
    ],
    [
      'a unique of none',
      { table_name: 'x1', columns: { a: column }, constraints: { unique: { u: ['a', 'b'] } } },
    ],
    ['twin columns', { table_name: 'x1', columns: { a: column, A: column } }],
    ['the implicit key', { table_name: 'x1', columns: { x1_id: column } }],
    [
      'two keys',
      {
        table_name: 'x1',
        columns: { a: { ...column, primary_key: true }, b: { ...column, primary_key: true } },
      },
    ],
  ];
  const badColumns: readonly (readonly [string, object])[] = [
    ['no type', {}],
    ['an unknown type', { data_type: 'jsonb' }],
    ['a hostile type', { data_type: 'integer); drop table x; --' }],
    ['an unknown key', { ...column, size: 4 }],
    ['varchar without length', { data_type: 'varchar' }],
    ['a length of 0', { data_type: 'varchar', char_len: 0 }],
    ['a length of 256', { data_type: 'varchar', char_len: 256 }],
    ['a length on text', { data_type: 'text', char_len: 5 }],
    ['serial arrays', { data_type: 'serial[]' }],
    ['an increment of 0', { data_type: 'serial', serial_increment: 0 }],
    ['a default on serial', { data_type: 'serial', default: 1 }],
    ['a start on integer', { ...column, serial_start: 3 }],
    ['a default that is none', { ...column, default: 'x' }],
    ['a default expression', { data_type: 'timestamp', default: 'now() + 1' }],
    ['CREATETIME on integer', { ...column, default: 'CREATETIME' }],
    ['a key that is text', { data_type: 'text', primary_key: true }],
    ['a key that is null', { ...column, primary_key: true, null: true }],
    ['a key with a default', { ...column, primary_key: true, default: 1 }],
    ['a flag', { ...column, unique: 1 }],
    ['a reference without table', { ...column, foreign_key: true }],
    [
      'a reference without event',
      { ...column, foreign_key: true, reference_table: 'Every', reference_column: 'Every_id' },
    ],
    [
      'an unknown event',
      {
        ...column,
        foreign_key: true,
        reference_table: 'Every',
        reference_column: 'Every_id',
        on_event: 'ON SELECT',
        event_action: 'CASCADE',
      },
    ],
    [
      'an unknown action',
      {
        ...column,
        foreign_key: true,
        reference_table: 'Every',
        reference_column: 'Every_id',
        on_delete: 'DROP',
      },
    ],
    [
      'a reference to none',
      {
        ...column,
        foreign_key: true,
        reference_table: 'nope',
        reference_column: 'a',
        on_delete: 'CASCADE',
      },
    ],
    [
      'a reference to no key',
      {
        ...column,
        foreign_key: true,
        reference_table: 'Every',
        reference_column: 'i',
        on_delete: 'CASCADE',
      },
    ],
    [
      'a reference to another type',
      {
        data_type: 'text',
        foreign_key: true,
        reference_table: 'Every',
        reference_column: 'Every_id',
        on_delete: 'CASCADE',
      },
    ],
    [
      'SET NULL on not null',
      {
        ...column,
        null: false,
        foreign_key: true,
        reference_table: 'Every',
        reference_column: 'Every_id',
        on_delete: 'SET NULL',
      },
    ],
  ];

  async function state(): Promise<string> {
    const { rows } = await database.admin.query(
      `select (select count(*) from pg_class where relnamespace = n.oid) || ' ' ||
         (select count(*) from pg_type where typnamespace = n.oid) || ' ' ||
         (select count(*) from pg_constraint where connamespace = n.oid) || ' ' ||
         (select md5(string_agg(attrelid || attname || atttypid || atttypmod || attnotnull, ',' order by attrelid, attnum))
          from pg_attribute join pg_class as c on c.oid = attrelid where c.relnamespace = n.oid) || ' ' ||
         (select md5(coalesce(rowhouse.catalog($1)::text, ''))) as state
       from pg_namespace as n where nspname = 't_' || $1`,
      [tenant],
    );
    return rows[0].state;
  }

  it.each([
    ...bad,
    ...badColumns.map(
      ([label, definition]) =>
        [`column: ${label}`, { table_name: 'x1', columns: { a: definition } }] as const,
    ),
  ])('refuses %s and leaves nothing', async (_label, definition) => {
    const before = await state();
    await admin.refused(400, 'POST', '/manage/tables', definition);
    expect(await state()).toBe(before);
  });

  it('refuses bodies that are none', async () => {
    for (const text of ['', '[]', '{', '"x"', '{"table_name":"a","table_name":"b","columns":{}}']) {
      await admin.refused(400, 'POST', '/manage/tables', text);
    }
    const reply = await app.request('POST', '/v3/pgrest/manage/tables', {
      as: principal(tenant, 'ada', { roles: ['PGREST_ADMIN'] }),
      raw: '{}',
      headers: { 'content-type': 'text/plain' },
    });
    expect(reply.status).toBe(400);
  });
});
