import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { startApp, type TestApp } from '../../support/app.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { principal } from '../../support/principal.ts';
import { difference, snapshot } from '../../support/snapshot.ts';
import { type Row, type Taruvi, taruvi } from '../../support/taruvi.ts';
import { hostileNames } from '../../unit/compile/samples.ts';

let database: TestDatabase;
let app: TestApp;
let tenant: string;
let root: Taruvi;
let counter = 0;

beforeAll(async () => {
  database = await createDatabase();
  app = await startApp(database);
  tenant = await app.createTenant('tables');
  root = taruvi(app, principal(tenant, 'root', { access: 'root' }));
});

const tables = '/default/datatables';

type Table = Readonly<Record<string, unknown>>;

const define = async (name: string, schema: object, more: object = {}): Promise<Table> =>
  (await root.call(
    'POST',
    tables,
    { name, json_schema: schema, ...more },
    201,
  )) as unknown as Table;

const get = async (path: string): Promise<Table> =>
  (await root.call('GET', path)) as unknown as Table;

async function make(fields: readonly object[], more: object = {}): Promise<string> {
  const name = `t${++counter}`;
  await define(name, { fields, ...more });
  return name;
}

const insert = async (name: string, row: unknown): Promise<Row> =>
  (await root.call('POST', `${tables}/${name}/data`, row, 201)).data as Row;

/** A definition that must be refused at these places, leaving nothing. */
async function refused(schema: object, ...places: readonly string[]): Promise<void> {
  const before = await snapshot(database, tenant);
  const body = { name: `r${++counter}`, json_schema: schema };
  const error = await root.refused(400, 'VALIDATION_ERROR', 'POST', tables, body);
  expect(Object.keys(error.errors ?? {}).sort()).toEqual([...places].sort());
  expect(difference(before, await snapshot(database, tenant))).toEqual([]);
}

describe('a table', () => {
  test('is shown whole, on both paths, with and without a trailing slash', async () => {
    const schema = {
      title: 'Books',
      fields: [
        { name: 'id', type: 'integer' },
        { name: 'title', type: 'string', 'x-own': [1] },
      ],
      primaryKey: 'id',
      missingValues: ['', 'n/a'],
    };
    const made = await define('books', schema, { description: 'All of them' });
    const canonical = (value: unknown): string =>
      Array.isArray(value)
        ? `[${value.map(canonical).join(',')}]`
        : typeof value === 'object' && value !== null
          ? `{${Object.entries(value)
              .sort(([a], [b]) => (a < b ? -1 : 1))
              .map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`)
              .join(',')}}`
          : JSON.stringify(value);
    expect(made).toMatchObject({
      name: 'books',
      description: 'All of them',
      app: 'default',
      datasource: 'default',
      json_schema: schema,
      schema_format: 'frictionless',
      provider_type: 'flat_table',
      provider_config: {},
      is_materialized: true,
      physical_table_name: 'books',
      schema_hash: createHash('sha256').update(canonical(schema)).digest('hex'),
      audit_enabled: false,
      is_active: true,
      created_by: 'root',
      modified_by: null,
    });
    for (const path of [tables, '/default/datasources/default/datatables']) {
      for (const slash of ['', '/']) {
        expect(await get(`${path}/books${slash}`)).toEqual(made);
        expect(await get(`${path}/books/schema${slash}`)).toEqual(schema);
        const list = await root.send('GET', `${path}${slash}`);
        expect(list.body).toContainEqual(made);
        expect(Number(list.headers.get('x-total-count'))).toBe((list.body as unknown[]).length);
      }
    }
    await root.refused(404, 'NOT_FOUND', 'GET', '/default/datasources/objects/datatables/books');
    await root.refused(409, 'CONFLICT', 'POST', tables, { name: 'books', json_schema: schema });
  });

  test('defined only has no rows until it is materialized, once', async () => {
    const schema = { fields: [{ name: 'a' }] };
    const made = await define('later', schema, { materialize: false });
    expect(made['is_materialized']).toBe(false);
    await root.refused(409, 'CONFLICT', 'GET', `${tables}/later/data`);
    await define('refers', {
      fields: [{ name: 'later_id' }],
      foreignKeys: [{ fields: 'later_id', reference: { resource: 'later' } }],
    });
    const listed = await root.send('GET', `${tables}?is_materialized=false`);
    expect((listed.body as Table[]).map((each) => each['name'])).toEqual(['later']);
    const real = await root.send('POST', `${tables}/later/materialize`);
    expect(real.body).toMatchObject({ is_materialized: true });
    expect((await root.send('POST', `${tables}/later/materialize`)).body).toEqual(real.body);
    const row = await insert('later', { a: 'x' });
    expect(await insert('refers', { later_id: row['id'] })).toMatchObject({ later_id: row['id'] });
    // The reference that was waiting holds now.
    const lost = { later_id: '6f9619ff-8b86-d011-b42d-00cf4fc964ff' };
    await root.refused(400, 'VALIDATION_ERROR', 'POST', `${tables}/refers/data`, lost);
  });

  test('in another app is led by it, in a datasource made when first needed', async () => {
    await root.call('POST', '', { name: '9 Lives', slug: '9-lives' }, 201);
    const made = (await root.call(
      'POST',
      '/9-lives/datatables',
      { name: 'my cats', json_schema: { fields: [{ name: 'name' }] } },
      201,
    )) as unknown as Table;
    expect(made).toMatchObject({
      app: '9-lives',
      datasource: 'default',
      physical_table_name: 't_9_lives_my_cats',
    });
    await root.call('POST', '/9-lives/datatables/my%20cats/data', { name: 'Tom' }, 201);
  });

  test('is refused by name', async () => {
    const json_schema = { fields: [{ name: 'a' }] };
    for (const name of ['auth_user', 'storage_objects', '_rowhouse_x', 'x'.repeat(58), '']) {
      await root.refused(400, 'VALIDATION_ERROR', 'POST', tables, { name, json_schema });
    }
    await root.refused(400, 'VALIDATION_ERROR', 'POST', tables, { json_schema });
    await root.refused(400, 'BAD_REQUEST', 'POST', tables, { name: 'x', json_schema, nonsense: 1 });
    await root.refused(400, 'VALIDATION_ERROR', 'POST', tables, {
      name: 'x',
      json_schema,
      schema_format: 'sql',
    });
    await root.refused(400, 'VALIDATION_ERROR', 'POST', tables, {
      name: 'x',
      json_schema,
      provider_type: 'csv',
    });
    await root.refused(501, 'NOT_IMPLEMENTED', 'POST', tables, {
      name: 'x',
      json_schema,
      provider_type: 'mongodb',
    });
    await root.refused(404, 'NOT_FOUND', 'POST', tables, {
      name: 'x',
      json_schema,
      datasource: 'none',
    });
  });

  test('takes any legal name for itself and its fields', async () => {
    const names = hostileNames.filter((name) => Buffer.byteLength(name) <= 57);
    for (const [at, name] of names.entries()) {
      await define(`h${at} ${name}`.slice(0, 40), {
        fields: names.map((field) => ({
          name: field,
          constraints: { maxLength: 5, pattern: '[a-z]*', enum: ['ab', "o'$$"] },
        })),
        indexes: [{ name: `i ${name}`.slice(0, 15), fields: [name] }],
        uniqueKeys: [names.slice(0, 3)],
      });
    }
    const path = `${tables}/${encodeURIComponent(`h0 ${names[0]}`)}`;
    const row = Object.fromEntries(names.map((name) => [name, 'ab']));
    expect((await root.call('POST', `${path}/data`, row, 201)).data).toMatchObject(row);
  });

  test('and its management belong to administrators', async () => {
    const reader = taruvi(app, principal(tenant, 'ann', { access: 'read' }));
    const editor = taruvi(app, principal(tenant, 'ben', { access: 'full' }));
    const json_schema = { fields: [{ name: 'a' }] };
    expect((await reader.send('GET', tables)).status).toBe(200);
    for (const who of [reader, editor]) {
      await who.refused(403, 'FORBIDDEN', 'POST', tables, { name: 'mine', json_schema });
      await who.refused(403, 'FORBIDDEN', 'POST', `${tables}/create_schema`, { resources: [] });
      await who.refused(403, 'FORBIDDEN', 'PATCH', `${tables}/books`, { description: 'x' });
    }
    await root.call('POST', '/default/roles', { name: 'admin', members: ['ben'] });
    await editor.call('POST', tables, { name: 'mine', json_schema }, 201);
  });
});

describe('constraints', () => {
  const cases: readonly (readonly [field: object, good: unknown, bad: unknown])[] = [
    [{ constraints: { required: true } }, 'x', null],
    [{ constraints: { minLength: 2 } }, 'ab', 'a'],
    [{ constraints: { maxLength: 2 } }, 'ab', 'abc'],
    [{ constraints: { pattern: 'a|b' } }, 'b', 'ba'],
    [{ constraints: { pattern: '[0-9]{2}$' } }, '12', '123'],
    [{ constraints: { enum: ['a', 'b'] } }, 'a', 'c'],
    [{ type: 'integer', constraints: { minimum: 2 } }, 2, 1],
    [{ type: 'integer', constraints: { maximum: 2.5 } }, 2, 3],
    [{ type: 'integer', constraints: { exclusiveMinimum: 2 } }, 3, 2],
    [{ type: 'number', constraints: { exclusiveMaximum: 2 } }, 1.9, 2],
    [{ type: 'integer', constraints: { enum: [1, 2] } }, 2, 3],
    [{ type: 'number', constraints: { enum: [1.5] } }, 1.5, 1],
    [{ type: 'boolean', constraints: { enum: [true] } }, true, false],
    [{ type: 'date', constraints: { minimum: '2024-01-01' } }, '2024-01-01', '2023-12-31'],
    [{ type: 'date', constraints: { enum: ['2024-01-01'] } }, '2024-01-01', '2024-01-02'],
    [
      { type: 'datetime', constraints: { maximum: '2024-01-01T00:00:00Z' } },
      '2024-01-01T00:00:00Z',
      '2024-01-01T00:00:01Z',
    ],
    [{ type: 'time', constraints: { exclusiveMaximum: '12:00' } }, '11:59:59', '12:00:00'],
    [{ type: 'year', constraints: { minimum: 2000 } }, 2000, 1999],
    [{ type: 'yearmonth', constraints: { minimum: '2024-02' } }, '2024-02', '2024-01'],
    [{ type: 'duration', constraints: { maximum: 'P1D' } }, 'PT23H', 'PT25H'],
    [{ type: 'array', constraints: { minLength: 1 } }, [1], []],
    [{ type: 'array', constraints: { enum: [[1], [2]] } }, [2], [1, 2]],
    [{ type: 'array', arrayItem: { type: 'integer' }, constraints: { maxLength: 1 } }, [1], [1, 2]],
    [{ type: 'list', itemType: 'integer', constraints: { enum: [[1, 2]] } }, [1, 2], [1]],
    [{ type: 'object', constraints: { enum: [{ a: 1 }] } }, { a: 1 }, { a: 2 }],
    [
      {
        type: 'string',
        format: 'uuid',
        constraints: { enum: ['6f9619ff-8b86-d011-b42d-00cf4fc964ff'] },
      },
      '6F9619FF-8B86-D011-B42D-00CF4FC964FF',
      '00000000-8b86-d011-b42d-00cf4fc964ff',
    ],
  ];
  test.each(cases.map((each) => [JSON.stringify(each[0]), each] as const))(
    '%s bind REST and SQL',
    async (_, [field, good, bad]) => {
      const name = await make([{ name: 'v', ...field }]);
      await insert(name, { v: good });
      const error = await root.refused(400, 'VALIDATION_ERROR', 'POST', `${tables}/${name}/data`, {
        v: bad,
      });
      expect(Object.keys(error.errors ?? {})).toEqual(['v']);
      const { rows: columns } = await database.admin.query<{ type: string }>(
        `select format_type(atttypid, atttypmod) as type from pg_attribute where attrelid = $1::regclass and attname = 'v'`,
        [`"t_${tenant}"."${name}"`],
      );
      const type = columns[0]?.type ?? 'text';
      const store = (value: unknown) =>
        database.admin.query(
          `insert into "t_${tenant}"."${name}" (v) select case when $1::jsonb = 'null' then null else (select x.v from jsonb_to_record(jsonb_build_object('v', $1::jsonb)) as x (v ${type})) end`,
          [JSON.stringify(value)],
        );
      await store(good);
      await expect(store(bad)).rejects.toMatchObject({
        code: expect.stringMatching(/^23(502|514)$/),
      });
    },
  );

  test('each is a named check', async () => {
    const name = await make([
      { name: 'v', type: 'integer', constraints: { minimum: 1, maximum: 5, enum: [1, 2] } },
    ]);
    const { rows } = await database.admin.query<{ name: string }>(
      `select conname as name from pg_constraint where conrelid = $1::regclass and contype = 'c' order by 1`,
      [`"t_${tenant}"."${name}"`],
    );
    expect(rows.map((row) => row.name)).toEqual([
      'v_maximum_check',
      'v_minimum_check',
      'v_oneOf_check',
    ]);
  });

  test('unique fields and keys', async () => {
    const name = await make(
      [{ name: 'a', constraints: { unique: true } }, { name: 'b' }, { name: 'c', type: 'integer' }],
      { uniqueKeys: [['b', 'c']] },
    );
    await insert(name, { a: 'x', b: 'y', c: 1 });
    await root.refused(409, 'CONFLICT', 'POST', `${tables}/${name}/data`, { a: 'x' });
    await root.refused(409, 'CONFLICT', 'POST', `${tables}/${name}/data`, { b: 'y', c: 1 });
    await insert(name, { b: 'y', c: 2 });
  });

  const wrong: readonly (readonly [field: object, place: string])[] = [
    [{ type: 'text' }, 'fields.0.type'],
    [{ type: 7 }, 'fields.0.type'],
    [{ format: 'hostname' }, 'fields.0.format'],
    [{ type: 'integer', format: 'email' }, 'fields.0.format'],
    [{ type: 'integer', 'x-pg-type': 'text' }, 'fields.0.x-pg-type'],
    [{ type: 'string', 'x-pg-type': 'varchar' }, 'fields.0.x-pg-type'],
    [{ type: 'string', 'x-pg-type': 'varchar(3); drop table x' }, 'fields.0.x-pg-type'],
    [{ type: 'array', arrayItem: { type: 'strange' } }, 'fields.0.arrayItem.type'],
    [{ type: 'list', itemType: 'strange' }, 'fields.0.itemType'],
    [{ constraints: [] }, 'fields.0.constraints'],
    [{ constraints: { jsonSchema: {} } }, 'fields.0.constraints.jsonSchema'],
    [{ constraints: { length: 3 } }, 'fields.0.constraints.length'],
    [{ constraints: { minimum: 3 } }, 'fields.0.constraints.minimum'],
    [{ constraints: { minLength: -1 } }, 'fields.0.constraints.minLength'],
    [{ constraints: { minLength: 3, maxLength: 1 } }, 'fields.0.constraints.minLength'],
    [{ constraints: { pattern: '(a)\\1' } }, 'fields.0.constraints.pattern'],
    [{ constraints: { pattern: 5 } }, 'fields.0.constraints.pattern'],
    [{ type: 'integer', constraints: { pattern: '5' } }, 'fields.0.constraints.pattern'],
    [{ type: 'integer', constraints: { maxLength: 5 } }, 'fields.0.constraints.maxLength'],
    [{ type: 'integer', constraints: { minimum: 'x' } }, 'fields.0.constraints.minimum'],
    [{ type: 'date', constraints: { minimum: '01/02/2024' } }, 'fields.0.constraints.minimum'],
    [{ constraints: { enum: [] } }, 'fields.0.constraints.enum'],
    [{ constraints: { enum: ['a', 'a'] } }, 'fields.0.constraints.enum'],
    [{ type: 'integer', constraints: { enum: [1, 'x'] } }, 'fields.0.constraints.enum.1'],
    [{ constraints: { required: 'yes' } }, 'fields.0.constraints.required'],
    [{ type: 'integer', default: 'x' }, 'fields.0.default'],
    [{ type: 'integer', default: 'now()' }, 'fields.0.default'],
    [{ type: 'integer', default: '(select 1)' }, 'fields.0.default'],
    [{ type: 'datetime', default: "now() + interval '1 day'" }, 'fields.0.default'],
    [{ type: 'uuid', default: 'uuid_generate_v4()' }, 'fields.0.default'],
    // What only Postgres can tell names the field.
    [{ constraints: { pattern: '(' } }, 'v'],
    [{ constraints: { pattern: 'a)|(b' } }, 'v'],
    [{ type: 'date', default: '2023-02-31' }, ''],
  ];
  test.each(wrong.map((each) => [JSON.stringify(each[0]), each] as const))(
    '%s is refused',
    async (_, [field, place]) => {
      await refused({ fields: [{ name: 'v', ...field }] }, ...(place === '' ? [] : [place]));
    },
  );
});
