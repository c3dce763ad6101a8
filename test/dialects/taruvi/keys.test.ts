import { beforeAll, describe, expect, test } from 'vitest';
import { startApp, type TestApp } from '../../support/app.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { principal } from '../../support/principal.ts';
import { difference, snapshot } from '../../support/snapshot.ts';
import { type Row, type Taruvi, taruvi } from '../../support/taruvi.ts';

let database: TestDatabase;
let app: TestApp;
let tenant: string;
let root: Taruvi;
let counter = 0;

beforeAll(async () => {
  database = await createDatabase();
  app = await startApp(database);
  tenant = await app.createTenant('keys');
  root = taruvi(app, principal(tenant, 'root', { access: 'root' }));
});

const tables = '/default/datatables';
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

async function make(schema: object): Promise<string> {
  const name = `t${++counter}`;
  await root.call('POST', tables, { name, json_schema: schema }, 201);
  return name;
}

const insert = async (name: string, row: unknown): Promise<Row> =>
  (await root.call('POST', `${tables}/${name}/data`, row, 201)).data as Row;

async function refused(schema: object, ...places: readonly string[]): Promise<void> {
  const before = await snapshot(database, tenant);
  const body = { name: `r${++counter}`, json_schema: schema };
  const error = await root.refused(400, 'VALIDATION_ERROR', 'POST', tables, body);
  expect(Object.keys(error.errors ?? {}).sort()).toEqual([...places].sort());
  expect(difference(before, await snapshot(database, tenant))).toEqual([]);
}

const typeOf = async (name: string, column: string): Promise<string | undefined> =>
  (
    await database.admin.query<{ type: string }>(
      'select format_type(atttypid, atttypmod) as type from pg_attribute where attrelid = $1::regclass and attname = $2',
      [`"t_${tenant}"."${name}"`, column],
    )
  ).rows[0]?.type;

describe('the primary key', () => {
  test('is a uuid that is added, where none is declared', async () => {
    const name = await make({ fields: [{ name: 'a' }] });
    expect((await insert(name, { a: 'x' }))['id']).toMatch(uuid);
  });

  test('is the field id, where that is declared', async () => {
    const name = await make({ fields: [{ name: 'a' }, { name: 'id', type: 'string' }] });
    expect((await insert(name, {}))['id']).toMatch(uuid);
    expect((await insert(name, { id: 'mine' }))['id']).toBe('mine');
  });

  test('of several fields is given whole', async () => {
    const name = await make({
      fields: [{ name: 'a', type: 'integer' }, { name: 'b' }],
      primaryKey: ['a', 'b'],
    });
    await insert(name, { a: 1, b: 'x' });
    expect((await root.call('GET', `${tables}/${name}/data/1,x`)).data).toEqual({ a: 1, b: 'x' });
    await root.refused(400, 'VALIDATION_ERROR', 'POST', `${tables}/${name}/data`, { a: 1 });
    await root.refused(409, 'CONFLICT', 'POST', `${tables}/${name}/data`, { a: 1, b: 'x' });
  });

  test('of one integer is numbered, and the numbers go on behind those given', async () => {
    const name = await make({ fields: [{ name: 'id', type: 'integer' }] });
    const ids: unknown[] = [];
    for (const row of [{}, { id: 5 }, {}, { id: 100_000 }, {}, { id: 3 }, {}, { id: null }]) {
      ids.push((await insert(name, row))['id']);
    }
    expect(ids).toEqual([1, 5, 6, 100_000, 100_001, 3, 100_002, 100_003]);
    const send = async (...rows: readonly object[]) =>
      ((await root.call('POST', `${tables}/${name}/data`, rows, 201)).data as Row[]).map(
        ({ id }) => id,
      );
    // Far jumps are made once the rows are written, near ones row by row.
    expect(await send({ id: 200_000 }, {})).toEqual([200_000, 100_004]);
    expect(await send({ id: 200_050 }, {}, {})).toEqual([200_050, 200_051, 200_052]);
    // SQL meets the same sequence.
    const sql = `insert into "t_${tenant}"."${name}" (id) values (200060), (default) returning id`;
    const { rows } = await database.admin.query<{ id: number }>(sql);
    expect(rows).toEqual([{ id: 200_060 }, { id: 200_061 }]);
    // Near is what is near the row before, however many there are, and whatever their order.
    const many = Array.from({ length: 250 }, (_, at) => ({ id: 200_100 + ((at * 7) % 250) }));
    expect((await send(...many, {}, { id: 200_360 }, {})).slice(250)).toEqual([
      200_350, 200_360, 200_361,
    ]);
  });

  test('takes every number of its type, and goes on behind the largest', async () => {
    const id = { name: 'id', type: 'integer', 'x-pg-type': 'bigint' };
    const name = await make({ fields: [id] });
    const table = `"t_${tenant}"."${name}"`;
    const write = async (...ids: readonly (bigint | 'default')[]) => {
      const values = ids.map((each) => `(${each})`).join(', ');
      const sql = `insert into ${table} (id) values ${values} returning id::text`;
      return (await database.admin.query<{ id: string }>(sql)).rows.map((row) => row.id);
    };
    const least = -(2n ** 63n);
    expect(await write('default', 'default', least)).toEqual(['1', '2', String(least)]);
    expect(await write(least + 1n, 'default')).toEqual([String(least + 1n), '3']);
    await database.admin.query(`update ${table} set id = ${least + 2n} where id = 3`);
    expect((await insert(name, {}))['id']).toBe(4);
  });

  test('is never given twice to those who write at once', async () => {
    const name = await make({ fields: [{ name: 'id', type: 'integer' }] });
    const write = async (id?: number): Promise<number> => {
      const reply = await root.send(
        'POST',
        `${tables}/${name}/data`,
        id === undefined ? {} : { id },
      );
      return reply.status;
    };
    // Explicit values far apart, so that none of them is one that was numbered.
    const given = Array.from({ length: 12 }, (_, at) => write((at + 1) * 100_000));
    const numbered = Array.from({ length: 36 }, () => write());
    const statuses = await Promise.all([...given, ...numbered]);
    // A number drawn before may be one that is given: the only conflict there can be, and not here.
    expect(new Set(statuses)).toEqual(new Set([201]));
    expect((await insert(name, {}))['id']).toBeGreaterThan(1_200_000);
  });

  test('is refused where it can be none', async () => {
    await refused({ fields: [{ name: 'a' }], primaryKey: 'b' }, 'primaryKey');
    await refused({ fields: [{ name: 'a' }], primaryKey: [] }, 'primaryKey');
    await refused({ fields: [{ name: 'a' }], primaryKey: ['a', 'a'] }, 'primaryKey');
    await refused({ fields: [{ name: 'id', type: 'object' }] }, 'primaryKey');
    await refused({ fields: [{ name: 'a' }], uniqueKeys: [['b']] }, 'uniqueKeys.0');
    await refused({ fields: [{ name: 'a' }], uniqueKeys: [['a'], ['a']] }, 'uniqueKeys.1');
  });
});

describe('foreign keys', () => {
  const to = (fields: string, resource: string, more: object = {}) => ({
    fields,
    reference: { resource, ...more },
  });

  test('take the type of what they refer to, and hold', async () => {
    const parent = await make({
      fields: [
        { name: 'id', type: 'integer', 'x-pg-type': 'bigint' },
        { name: 'code', 'x-pg-type': 'varchar(9)', constraints: { unique: true } },
      ],
    });
    const child = await make({
      fields: [{ name: 'parent_id', type: 'integer' }, { name: 'code' }, { name: 'self_id' }],
      foreignKeys: [
        to('parent_id', parent),
        to('code', parent, { fields: 'code' }),
        to('self_id', ''),
      ],
    });
    expect(await typeOf(child, 'parent_id')).toBe('bigint');
    expect(await typeOf(child, 'code')).toBe('character varying(9)');
    expect(await typeOf(child, 'self_id')).toBe('uuid');
    const { id } = await insert(parent, { code: 'a' });
    const row = await insert(child, { parent_id: id, code: 'a' });
    await insert(child, { self_id: row['id'] });
    const lost = await root.refused(400, 'VALIDATION_ERROR', 'POST', `${tables}/${child}/data`, {
      parent_id: 99,
    });
    expect(Object.keys(lost.errors ?? {})).toEqual(['parent_id']);
    await root.refused(409, 'CONFLICT', 'DELETE', `${tables}/${parent}/data/${id}`);
  });

  test('act as told', async () => {
    const parent = await make({ fields: [{ name: 'id', type: 'integer' }] });
    const actions = ['CASCADE', 'SET NULL', 'SET DEFAULT'];
    const children: string[] = [];
    for (const onDelete of actions) {
      const key = { ...to('p', parent), 'x-actions': { onDelete } };
      children.push(
        await make({ fields: [{ name: 'p', type: 'integer', default: 1 }], foreignKeys: [key] }),
      );
    }
    await insert(parent, [{ id: 1 }, { id: 2 }]);
    for (const child of children) await insert(child, { p: 2 });
    await root.call('DELETE', `${tables}/${parent}/data/2`);
    const [gone, empty, preset] = await Promise.all(
      children.map((child) => root.rows(`${tables}/${child}/data`)),
    );
    expect(gone).toEqual([]);
    expect(empty?.[0]?.['p']).toBeNull();
    expect(preset?.[0]?.['p']).toBe(1);
  });

  test('reach tables of other apps, and auth_user by name only', async () => {
    await root.call('POST', '', { name: 'Other', slug: 'other' }, 201);
    const schema = { fields: [{ name: 'id', type: 'integer' }] };
    await root.call('POST', '/other/datatables', { name: 'things', json_schema: schema }, 201);
    const name = await make({
      fields: [{ name: 'thing_id', type: 'integer' }, { name: 'owner_id' }],
      foreignKeys: [to('thing_id', 'other:things'), to('owner_id', 'auth_user')],
    });
    await root.refused(400, 'VALIDATION_ERROR', 'POST', `${tables}/${name}/data`, { thing_id: 1 });
    expect(await insert(name, { owner_id: 'anybody' })).toMatchObject({ owner_id: 'anybody' });
  });

  test('are refused where they lead nowhere', async () => {
    const parent = await make({ fields: [{ name: 'a' }] });
    const fields = [{ name: 'x', constraints: { required: true } }];
    const at = 'foreignKeys.0.reference';
    const one = (key: object, ...places: string[]) =>
      refused({ fields, foreignKeys: [key] }, ...places);
    await one(to('x', 'nowhere'), `${at}.resource`);
    await one(to('x', 'none:things'), `${at}.resource`);
    await one(to('x', 'storage_objects'), `${at}.resource`);
    await one(to('x', parent, { fields: 'a' }), `${at}.fields`);
    await one(to('x', parent, { fields: 'b' }), `${at}.fields`);
    await one(to('y', parent), 'foreignKeys.0.fields');
    await one(
      { ...to('x', parent), 'x-actions': { onDelete: 'EXPLODE' } },
      'foreignKeys.0.x-actions.onDelete',
    );
    await one(
      { ...to('x', parent), 'x-actions': { onDelete: 'SET NULL' } },
      'foreignKeys.0.x-actions.onDelete',
    );
    await refused(
      { fields, foreignKeys: [to('x', parent), to('x', parent)] },
      'foreignKeys.1.fields',
    );
    await one({ fields: 'x' }, 'foreignKeys.0');
  });
});

describe('times that are merely declared', () => {
  test('are filled when not supplied, and keep what is', async () => {
    const name = await make({
      fields: [
        { name: 'a' },
        { name: 'created_at', type: 'datetime' },
        { name: 'updated_at', type: 'datetime' },
      ],
    });
    const row = await insert(name, { a: 'x' });
    expect(row['created_at']).toMatch(/^\d{4}-.*Z$/);
    expect(row['updated_at']).toBe(row['created_at']);
    const at = '2001-02-03T04:05:06Z';
    expect(await insert(name, { created_at: at, updated_at: at })).toMatchObject({
      created_at: at,
      updated_at: at,
    });
    const path = `${tables}/${name}/data/${row['id']}`;
    const changed = (await root.call('PATCH', path, { a: 'y' })).data as Row;
    expect(changed['created_at']).toBe(row['created_at']);
    expect(String(changed['updated_at']) > String(row['updated_at'])).toBe(true);
    expect((await root.call('PATCH', path, { updated_at: at })).data).toMatchObject({
      updated_at: at,
    });
  });

  test('belong to the server under x-timestamps', async () => {
    const name = await make({
      fields: [{ name: 'a' }, { name: 'created_at', type: 'datetime' }],
      'x-timestamps': true,
    });
    const row = await insert(name, { a: 'x', updated_at: '2001-02-03T04:05:06Z' });
    expect(String(row['updated_at']) > '2020').toBe(true);
    await refused(
      { fields: [{ name: 'created_at', type: 'date' }], 'x-timestamps': true },
      'fields.0.type',
    );
  });
});
