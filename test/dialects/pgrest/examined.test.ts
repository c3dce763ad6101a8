/** Corners of the dialect's page: names, defaults and conditions that are easily taken for something else. */
import { beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { type Pgrest, pgrest } from '../../support/pgrest.ts';
import { principal } from '../../support/principal.ts';

let app: TestApp;
let admin: Pgrest;
let count = 0;

beforeAll(async () => {
  const database = await createDatabase();
  app = await startApp(database);
  const tenant = await app.createTenant('examined');
  admin = pgrest(app, principal(tenant, 'ada', { roles: ['PGREST_ADMIN'] }));
});

async function tableOf(columns: object, rows: readonly object[] = []) {
  const name = `e${++count}`;
  const id = await admin.table({ table_name: name, columns });
  if (rows.length > 0) await admin.call('POST', `/data/${name}`, { data: rows });
  const put = (body: object) => admin.call('PUT', `/manage/tables/${id}`, body);
  const not = (body: object) => admin.refused(400, 'PUT', `/manage/tables/${id}`, body);
  return { name, id, put, not, key: `${name}_id` };
}

describe('names of columns', () => {
  it.each(['r', 't', 'o', 'q', 'x', 'n', 'base', 'constructor'])('may be %s', async (column) => {
    const { name, key } = await tableOf({ [column]: { data_type: 'integer' } }, [{ [column]: 5 }]);
    const row = { _pkid: 1, [key]: 1, [column]: 5 };
    expect(await admin.rows(`/data/${name}?${column}.eq=5&order=${column}`)).toEqual([row]);
    expect(await admin.rows(`/data/${name}/1`)).toEqual([row]);
    const body = { data: { [column]: 6 } };
    const { result } = await admin.call('PUT', `/data/${name}/1`, body);
    expect(result).toEqual([{ ...row, [column]: 6 }]);
    await admin.call('POST', '/manage/views', {
      view_name: `${name}_view`,
      select_query: '*',
      from_table: name,
    });
    expect(await admin.rows(`/views/${name}_view`)).toEqual([{ [key]: 1, [column]: 6 }]);
  });

  it('are never empty', async () => {
    const body = { table_name: 'nameless', columns: { '': { data_type: 'text' } } };
    await admin.refused(400, 'POST', '/manage/tables', body);
  });

  it('may be __proto__', async () => {
    const definition = '{"table_name":"protos","columns":{"__proto__":{"data_type":"text"}}}';
    await admin.call('POST', '/manage/tables', definition);
    const made = await admin.send('POST', '/data/protos', '{"data":{"__proto__":"a"}}');
    expect(made.text).toContain('"__proto__":"a"');
    const put = '{"data":{"__proto__":"b"},"where":{"__proto__":{"operator":"=","value":"a"}}}';
    expect((await admin.call('PUT', '/data/protos', put)).metadata).toEqual({ updated: 1 });
  });

  it('may be set once in a bulk change, in any case', async () => {
    const { name } = await tableOf({ n: { data_type: 'integer' } }, [{ n: 1 }]);
    const { metadata } = await admin.call('PUT', `/data/${name}`, { N: 2, where: {} });
    expect(metadata).toEqual({ updated: 1 });
    await admin.refused(400, 'PUT', `/data/${name}`, { N: 3, n: 4, where: {} });
    expect(await admin.rows(`/data/${name}?n.eq=2`)).toHaveLength(1);
  });
});

describe('enumerated types', () => {
  it.each(['text', 'Integer', 'serial', 'datetime'])('are not called %s', async (name) => {
    const body = { table_name: 'shadowed', columns: {}, enums: { [name]: ['a'] } };
    expect((await admin.refused(400, 'POST', '/manage/tables', body)).message).toContain(name);
  });

  it('do not stand for a type that Postgres has in the text of a view', async () => {
    await admin.table({
      table_name: 'numbers',
      columns: { n: { data_type: 'integer' }, size: { data_type: 'numeric' } },
      enums: { numeric: ['big', 'small'] },
    });
    await admin.call('POST', '/data/numbers', { data: { n: 7, size: 'big' } });
    const sql = 'select n::numeric as n, size::text as size from numbers';
    await admin.call('POST', '/manage/views', { view_name: 'casts', raw_sql: sql });
    expect(await admin.rows('/views/casts')).toEqual([{ n: 7, size: 'big' }]);
  });
});

describe('defaults', () => {
  it.each(['now', 'now()', 'today', 'infinity', 'epoch', '14:00'])(
    'are no times as %s',
    async (text) => {
      const columns = { at: { data_type: 'timestamp', default: text } };
      await admin.refused(400, 'POST', '/manage/tables', { table_name: 'timed', columns });
      const table = await tableOf({ at: { data_type: 'timestamp' } });
      await table.not({ set_default: `at,${text}` });
      await table.put({ set_default: 'at,2020-01-01T10:00:00' });
    },
  );

  it('go with their column to a type that has times, and bar the way to one that has none', async () => {
    const table = await tableOf({
      made: { data_type: 'date', default: 'CREATETIME' },
      last: { data_type: 'date', default: 'UPDATETIME' },
    });
    for (const column of ['made', 'last']) {
      await table.put({ column_type: `${column}, timestamp` });
      expect((await table.not({ column_type: `${column}, text` })).message).toContain(column);
    }
    const { result } = await admin.call('GET', `/manage/tables/${table.id}?details=true`);
    expect(result).toMatchObject({
      columns: {
        made: { data_type: 'timestamp', default: 'CREATETIME' },
        last: { data_type: 'timestamp', default: 'UPDATETIME' },
      },
    });
    await admin.call('POST', `/data/${table.name}`, { data: {} });
    const [row] = await admin.rows(`/data/${table.name}`);
    expect(String(row?.['made'])).toMatch(/T(?!00:00:00$)/);
    await table.put({ drop_default: 'made' });
    await table.put({ column_type: 'made, text' });
  });

  it('of arrays are JSON or what Postgres writes', async () => {
    const { name, put, not } = await tableOf({
      list: { data_type: 'integer[]', default: '{1,2}' },
    });
    await admin.call('POST', `/data/${name}`, { data: [{}] });
    await put({ set_default: 'list,{3}' });
    await not({ set_default: 'list,{x}' });
    const { result } = await admin.call('POST', `/data/${name}`, { data: [{}] });
    expect(result).toMatchObject([{ list: [3] }]);
    expect(await admin.rows(`/data/${name}/1`)).toMatchObject([{ list: [1, 2] }]);
  });

  it('that do not fit are told with the column, however short its name', async () => {
    const table = await tableOf({ d: { data_type: 'date' } });
    expect((await table.not({ set_default: 'd,2021-02-30' })).message).toMatch(/\bd\b/);
  });
});

describe('conditions and types', () => {
  it('count in the stanza of a bulk change too', async () => {
    const { name } = await tableOf({ n: { data_type: 'integer' } });
    const where = (length: number) => ({
      n: Array.from({ length }, () => ({ operator: '>', value: 1 })),
    });
    await admin.call('PUT', `/data/${name}`, { data: { n: 1 }, where: where(1000) });
    await admin.refused(400, 'PUT', `/data/${name}`, { data: { n: 1 }, where: where(1001) });
  });

  it('have no char without a length', async () => {
    const table = await tableOf({ a: { data_type: 'text' } });
    expect((await table.not({ column_type: 'a, char' })).message).toContain('char');
    await table.put({ column_type: 'a, varchar' });
  });
});

describe('views', () => {
  it('take one whole condition', async () => {
    const { name } = await tableOf({ n: { data_type: 'integer' } });
    const view = { view_name: `${name}_v`, select_query: 'n', from_table: name };
    for (const where_query of ['true) or (true', 'true order by 1', 'true union select 1', ')']) {
      await admin.refused(400, 'POST', '/manage/views', { ...view, where_query });
    }
    await admin.call('POST', '/manage/views', { ...view, where_query: '(n > 1) or (n < 0)' });
  });
});
