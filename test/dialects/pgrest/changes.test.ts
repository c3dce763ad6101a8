/** The nine operations on a table, each accepted and refused; a refused one leaves schema and model as they were. */
import { beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../../support/app.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { type Pgrest, pgrest } from '../../support/pgrest.ts';
import { principal } from '../../support/principal.ts';

let database: TestDatabase;
let app: TestApp;
let admin: Pgrest;
let tenant: string;
let count = 0;

beforeAll(async () => {
  database = await createDatabase();
  app = await startApp(database);
  tenant = await app.createTenant('changes');
  admin = pgrest(app, principal(tenant, 'ada', { roles: ['PGREST_ADMIN'] }));
});

/** A table of these columns with these rows; answers with its number and address. */
async function tableOf(columns: object, rows: readonly object[] = [], more: object = {}) {
  const name = `t${++count}`;
  const id = await admin.table({ table_name: name, columns, ...more });
  if (rows.length > 0) await admin.call('POST', `/data/${name}`, { data: rows });
  const put = (body: object) => admin.call('PUT', `/manage/tables/${id}`, body);
  const not = (body: object) => admin.refused(400, 'PUT', `/manage/tables/${id}`, body);
  const values = async (column: string) =>
    (await admin.rows(`/data/${name}?order=${name}_id`)).map((row) => row[column]);
  const definition = async () =>
    (await admin.call('GET', `/manage/tables/${id}?details=true`)).result as {
      readonly columns: Record<string, Record<string, unknown>>;
      readonly endpoints: readonly string[];
      readonly root_url: string;
    };
  return { name, id, put, not, values, definition };
}

describe('changing tables', () => {
  it('does nothing when nothing is asked, and one thing at a time', async () => {
    const table = await tableOf({ a: { data_type: 'text' } });
    for (const body of [{}, { colour: 1 }, { comments: null }]) {
      expect((await table.put(body)).message).toBe('no updates requested');
    }
    await table.not({ comments: 'a', root_url: 'b' });
    expect((await table.not({ comments: 'a', colour: 1 })).message).toContain('colour');
    await admin.refused(404, 'PUT', '/manage/tables/424242', { comments: 'a' });
  });

  it('renames, keeping key, address and rows', async () => {
    const table = await tableOf({ a: { data_type: 'text' } }, [{ a: 'x' }]);
    const { name } = table;
    expect((await table.put({ table_name: `${name}_new` })).message).toContain(
      'Table put successfully.',
    );
    expect(await admin.rows(`/data/${name}`)).toEqual([{ _pkid: 1, [`${name}_id`]: 1, a: 'x' }]);
    await table.put({ root_url: 'somewhere else' });
    expect(await admin.rows('/data/somewhere%20else')).toHaveLength(1);
    await admin.refused(404, 'GET', `/data/${name}`);
    expect(await admin.rows(`/data/${table.id}`)).toHaveLength(1);
    await table.not({ table_name: 'no/way' });
    await table.not({ root_url: '' });
    const other = await tableOf({});
    await table.not({ table_name: other.name.toUpperCase() });
    await table.not({ root_url: other.name });
    await table.put({ comments: "it's" });
    expect(await table.definition()).toMatchObject({ comments: "it's" });
    await table.put({ comments: '' });
    expect(await table.definition()).toMatchObject({ comments: '' });
    await table.put({ endpoints: ['NONE'] });
    expect((await table.definition()).endpoints).toEqual([]);
    for (const [method, path, body] of [
      ['GET', '', undefined],
      ['GET', '/1', undefined],
      ['POST', '', { data: {} }],
      ['PUT', '/1', { data: { a: 'b' } }],
      ['DELETE', '/1', undefined],
    ] as const) {
      const refusal = await admin.refused(400, method, `/data/somewhere%20else${path}`, body);
      expect(refusal.code).toBe('endpoint_disabled');
    }
    await table.not({ endpoints: ['ALL', 'CREATE'] });
  });

  const conversions: readonly (readonly [object, unknown, string, unknown])[] = [
    [{ data_type: 'integer' }, 5, 'float', 5],
    [{ data_type: 'integer' }, 5, 'text', '5'],
    [{ data_type: 'integer' }, 1, 'boolean', true],
    [{ data_type: 'boolean' }, true, 'integer', 1],
    [{ data_type: 'float' }, 5, 'integer', 5],
    [{ data_type: 'text' }, 'ab', 'varchar(2)', 'ab'],
    [{ data_type: 'text' }, 'ab', 'varchar', 'ab'],
    [{ data_type: 'text' }, '7', 'integer', 7],
    [{ data_type: 'text' }, 'B', 'colour', 'B'],
    [{ data_type: 'text' }, '2024-01-02T00:00:00+02:00', 'timestamp', '2024-01-01T22:00:00'],
    [{ data_type: 'timestamp' }, '2024-01-02T00:00:00', 'date', '2024-01-02'],
    [{ data_type: 'date' }, '2024-01-02', 'datetime', '2024-01-02T00:00:00'],
    [{ data_type: 'integer' }, 5, 'integer[]', [5]],
    [{ data_type: 'colour' }, 'A', 'text', 'A'],
    [{ data_type: 'integer' }, 5, 'serial', 5],
    [{ data_type: 'varchar', char_len: 5 }, 'abc', 'varchar(3)', 'abc'],
    [{ data_type: 'boolean' }, false, 'text', 'false'],
  ];

  it.each(conversions)('converts %j holding %j to %s', async (column, value, type, wanted) => {
    const table = await tableOf({ a: column }, [{ a: value }], { enums: { colour: ['A', 'B'] } });
    await table.put({ column_type: `a, ${type}` });
    expect(await table.values('a')).toEqual([wanted]);
    if (type !== 'serial') return;
    await admin.call('POST', `/data/${table.name}`, { data: {} });
    expect(await table.values('a')).toEqual([5, 6]);
  });

  const unsafe: readonly (readonly [object, unknown, string, boolean])[] = [
    [{ data_type: 'float' }, 1.5, 'integer', true],
    [{ data_type: 'float' }, 1e12, 'integer', true],
    [{ data_type: 'integer' }, 2, 'boolean', true],
    [{ data_type: 'text' }, 'abc', 'varchar(2)', true],
    [{ data_type: 'text' }, 'x', 'integer', true],
    [{ data_type: 'text' }, 'C', 'colour', true],
    [{ data_type: 'timestamp' }, '2024-01-02T10:00:00', 'date', true],
    [{ data_type: 'integer' }, 20240101, 'date', false],
    [{ data_type: 'boolean' }, true, 'float', false],
    [{ data_type: 'integer' }, 1, 'nonsense', false],
    [{ data_type: 'integer' }, 1, 'text; drop table x', false],
    [{ data_type: 'text' }, '1', 'serial', false],
  ];

  it.each(unsafe)('keeps %j holding %j from %s', async (column, value, type, counts) => {
    const table = await tableOf({ a: column }, [{ a: value }, { a: null }], {
      enums: { colour: ['A', 'B'] },
    });
    const before = await table.definition();
    const { message } = await table.not({ column_type: { column: 'a', type } });
    if (counts) expect(message).toContain('1 row does not fit');
    expect(await table.definition()).toEqual(before);
    expect((await table.values('a'))[0]).not.toBeNull();
  });

  it('adds and drops columns', async () => {
    const table = await tableOf({ a: { data_type: 'text' } }, [{ a: 'x' }, { a: 'y' }]);
    await table.put({ add_column: { 'b "c"': { data_type: 'integer', default: 7, null: false } } });
    expect(await table.values('b "c"')).toEqual([7, 7]);
    await table.put({ add_column: { s: { data_type: 'serial', serial_start: 5 } } });
    expect(await table.values('s')).toEqual([5, 6]);
    await table.put({ add_column: { t: { data_type: 'timestamp', default: 'UPDATETIME' } } });
    const [was] = await table.values('t');
    await admin.call('PUT', `/data/${table.name}/1`, { data: { a: 'z' } });
    expect((await table.values('t'))[0]).not.toBe(was);
    await table.put({
      add_column: {
        r: {
          data_type: 'integer',
          foreign_key: true,
          reference_table: table.name,
          reference_column: `${table.name}_id`,
          on_delete: 'CASCADE',
        },
      },
    });
    await table.not({ add_column: { n: { data_type: 'integer', null: false } } });
    await table.not({ add_column: { A: { data_type: 'integer' } } });
    await table.not({ add_column: {} });
    await table.not({ add_column: { x: { data_type: 'integer' }, y: { data_type: 'integer' } } });
    await table.not({ add_column: { x: { data_type: 'integer', primary_key: true } } });
    await table.put({ drop_column: 't' });
    await table.put({ drop_column: 'R' });
    await table.not({ drop_column: `${table.name}_id` });
    expect((await table.not({ drop_column: 'zzz' })).code).toBe('unknown_column');
    expect(Object.keys((await table.definition()).columns)).toEqual([
      `${table.name}_id`,
      'a',
      'b "c"',
      's',
    ]);
  });

  it('keeps a column that another table refers to', async () => {
    const table = await tableOf({ u: { data_type: 'text', unique: true } });
    await tableOf({
      r: {
        data_type: 'text',
        foreign_key: true,
        reference_table: table.name,
        reference_column: 'u',
        on_delete: 'CASCADE',
      },
    });
    await table.not({ drop_column: 'u' });
    await table.not({ column_type: 'u, integer' });
  });

  it('sets and drops defaults as literals', async () => {
    const table = await tableOf({
      a: { data_type: 'text' },
      i: { data_type: 'integer' },
      t: { data_type: 'timestamp' },
      b: { data_type: 'boolean' },
    });
    await table.put({ set_default: "a, 'x, y'" });
    await table.put({ set_default: { column: 'i', value: 0 } });
    await table.put({ set_default: 'b, false' });
    await table.put({ set_default: 't,createtime' });
    await admin.call('POST', `/data/${table.name}`, { data: {} });
    const [row] = await admin.rows(`/data/${table.name}`);
    expect(row).toMatchObject({ a: 'x, y', i: 0, b: false });
    await admin.refused(400, 'PUT', `/data/${table.name}/1`, { data: { t: '2020-01-01' } });
    await table.put({ drop_default: 't' });
    await admin.call('PUT', `/data/${table.name}/1`, { data: { t: '2020-01-01' } });
    await table.not({ drop_default: 't' });
    await table.not({ set_default: 'a,' });
    await table.not({ set_default: 'i, 1 + 1' });
    await table.not({ set_default: 'i, now()' });
    await table.not({ set_default: 'zzz, 1' });
    await table.not({ set_default: `${table.name}_id, 1` });
    await table.put({ set_default: "a, now()'; drop table x; --" });
    await admin.call('POST', `/data/${table.name}`, { data: {} });
    expect((await table.values('a')).at(-1)).toBe("now()'; drop table x; --");
  });
});
