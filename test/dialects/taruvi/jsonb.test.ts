/** Provider jsonb: declared fields as if columns, and whatever else a row is sent beside them. */
import { beforeAll, describe, expect, it } from 'vitest';
import { stage } from './stage.ts';

const here = stage([], { root: { access: 'root' } });
const at = '/default/datatables/events';

const schema = {
  fields: [
    { name: 'id', type: 'integer' },
    { name: 'kind', type: 'string', constraints: { required: true, enum: ['open', 'close'] } },
    { name: 'n', type: 'integer', default: 3, 'x-index': 'btree', constraints: { minimum: 0 } },
    { name: 'on', type: 'date', 'x-index': 'btree' },
    { name: 'mail', type: 'string', format: 'email', constraints: { unique: true } },
    { name: 'more', type: 'object', 'x-index': 'gin' },
    { name: 'tags', type: 'array', arrayItem: { type: 'string' } },
    { name: 'span', type: 'string', 'x-pg-type': 'int4range' },
  ],
  search_fields: ['kind'],
};

const defined = { name: 'events', provider_type: 'jsonb', json_schema: schema };

beforeAll(async () => {
  const root = here.as('root');
  const made = await root.send('POST', '/default/datatables/', defined);
  expect(made.status, made.text).toBe(201);
  expect(made.body).toMatchObject({
    provider_type: 'jsonb',
    json_schema: schema,
    is_materialized: true,
  });
});

describe('definitions', () => {
  it('make two columns of Postgres, whatever is declared', async () => {
    const { rows } = await here.database.admin.query(
      `select attname, atttypid::regtype::text as type from pg_attribute
       where attrelid = 't_${here.tenant}.events'::regclass and attnum > 0 and not attisdropped
         and attname not like '\\_%' and attname <> 'search_vector' order by attnum`,
    );
    expect(rows).toEqual([
      { attname: 'id', type: 'integer' },
      { attname: 'data', type: 'jsonb' },
    ]);
  });

  it.each([
    [
      'a foreign key',
      { foreignKeys: [{ fields: 'n', reference: { resource: 'events', fields: 'id' } }] },
    ],
    ['indexes', { indexes: [{ name: 'i', columns: ['n'] }] }],
    ['unique keys', { uniqueKeys: [['kind', 'n']] }],
    ['another key', { primaryKey: ['kind'] }],
    ['gin on a number', { fields: [{ name: 'n', type: 'integer', 'x-index': 'gin' }] }],
    ['an unknown index', { fields: [{ name: 'n', type: 'integer', 'x-index': 'hash' }] }],
  ])('refuse %s', async (_, part) => {
    const json_schema = { ...schema, ...part };
    const body = { ...defined, name: 'other', json_schema };
    await here.as('root').refused(400, 'VALIDATION_ERROR', 'POST', '/default/datatables/', body);
    expect((await here.as('root').send('GET', '/default/datatables/other/')).status).toBe(404);
  });

  it('change without touching a row, where the rows fit', async () => {
    const root = here.as('root');
    await root.call(
      'POST',
      `${at}/data/`,
      { kind: 'open', n: 1, on: '2024-01-01', free: 'x' },
      201,
    );
    const file = async () =>
      (await here.database.admin.query(`select pg_relation_filenode('t_${here.tenant}.events')`))
        .rows;
    const before = await file();
    const fields = schema.fields.map((field) =>
      field.name === 'n' ? { ...field, name: 'count', 'x-rename-from': 'n' } : field,
    );
    const patch = (json_schema: object) => root.send('PATCH', `${at}/`, { json_schema });
    const renamed = await patch({
      ...schema,
      fields: [...fields, { name: 'free', type: 'string' }],
    });
    expect(renamed.status, renamed.text).toBe(200);
    expect(await root.rows(`${at}/data/?count=1&free__contains=X`)).toMatchObject([
      { kind: 'open', count: 1, free: 'x' },
    ]);
    // A rule that a row breaks is refused, and nothing is changed.
    const strict = await patch({
      ...schema,
      fields: [...fields, { name: 'free', type: 'integer' }],
    });
    expect(strict.status, strict.text).toBeGreaterThanOrEqual(400);
    expect((await patch(schema)).status).toBe(200);
    expect(await root.rows(`${at}/data/`)).toMatchObject([{ n: 1, free: 'x' }]);
    expect(await file()).toEqual(before);
  });
});

describe('rows', () => {
  it('are put in place of what they name, and keep the rest', async () => {
    const root = here.as('root');
    const fields = [
      { name: 'id', type: 'integer' },
      { name: 'code', type: 'string', constraints: { unique: true } },
      { name: 'title', type: 'string', constraints: { required: true } },
      { name: 'n', type: 'integer' },
    ];
    const body = { ...defined, name: 'stock', json_schema: { fields } };
    await root.call('POST', '/default/datatables/', body, 201);
    const rows = '/default/datatables/stock/data/';
    await root.call('POST', rows, { id: 1, code: 'a', title: 'A', n: 1, free: 'x' }, 201);
    const put = async (query: string, sent: unknown) =>
      (await root.call('POST', `${rows}upsert/${query}`, sent)).data;
    expect(await put('', [{ id: 1, n: 2 }, { title: 'new' }])).toMatchObject({
      records: [
        { id: 1, code: 'a', title: 'A', n: 2, free: 'x' },
        { title: 'new', code: null },
      ],
      count: 2,
    });
    const found = [
      { code: 'a', more: 1 },
      { code: 'b', title: 'B' },
    ];
    expect(await put('?unique_fields=code', found)).toMatchObject({
      records: [
        { id: 1, code: 'a', title: 'A', n: 2, free: 'x', more: 1 },
        { code: 'b', title: 'B' },
      ],
      count: 2,
    });
    const file = '[{"code": "b", "title": "C", "n": 5}, {"code": "c", "title": "D"}]';
    const { data } = await root.call(
      'POST',
      `${rows}import/?mode=upsert&unique_fields=code`,
      JSON.parse(file),
    );
    expect(data).toMatchObject({ inserted: 1, updated: 1 });
    expect(await put('?partial=false', { id: 1, title: 'bare' })).toEqual({
      records: [{ id: 1, code: null, title: 'bare', n: null }],
      count: 1,
    });
    const lacking = { id: 99, n: 1 };
    await root.refused(400, 'VALIDATION_ERROR', 'POST', `${rows}upsert/`, lacking);
  });

  it('have declared fields typed and defaulted, and keep what is not declared', async () => {
    const root = here.as('root');
    const { data } = await root.call(
      'POST',
      `${at}/data/`,
      {
        kind: 'close',
        span: { lower: 1, upper: 5 },
        tags: ['a'],
        extra: { deep: [1, 2] },
        data: 5,
      },
      201,
    );
    expect(data).toMatchObject({
      kind: 'close',
      n: 3,
      on: null,
      tags: ['a'],
      span: { lower: 1, upper: 5, bounds: '[)', empty: false },
      extra: { deep: [1, 2] },
      data: 5,
    });
    const { id } = data as { id: number };
    await root.call('PATCH', `${at}/data/${id}/`, { n: 9, extra: 1 });
    expect((await root.call('GET', `${at}/data/${id}/`)).data).toMatchObject({
      n: 9,
      extra: 1,
      data: 5,
      tags: ['a'],
    });
    expect((await root.call('PUT', `${at}/data/${id}/`, { kind: 'close' })).data).toEqual({
      id,
      kind: 'close',
      n: 3,
      on: null,
      mail: null,
      more: null,
      tags: null,
      span: null,
    });
  });

  it.each([
    [{ kind: 'ajar' }, '0.kind'],
    [{ kind: 'open', n: 'many' }, '0.n'],
    [{ kind: 'open', n: -1 }, '0.n'],
    [{ kind: 'open', on: '2024-13-01' }, '0.on'],
    [{ kind: 'open', mail: 'nobody' }, '0.mail'],
    [{ n: 1 }, '0.kind'],
  ])('keep their rules: %j', async (row, field) => {
    const root = here.as('root');
    const error = await root.refused(400, 'VALIDATION_ERROR', 'POST', `${at}/data/`, [row]);
    expect(Object.keys(error.errors ?? {})).toEqual([field]);
  });

  it('are found by declared fields, by paths, and by what nobody declared', async () => {
    const root = here.as('root');
    await root.call(
      'POST',
      `${at}/data/`,
      [
        { kind: 'open', n: 20, on: '2024-05-05', more: { a: { b: 7 } }, colour: 'red', size: 10 },
        { kind: 'close', n: 21, on: '2024-06-06', more: { a: { b: 8 } }, colour: 'blue', size: 9 },
      ],
      201,
    );
    const found = async (query: string) =>
      (await root.rows(`${at}/data/?${query}&ordering=n`)).map(({ n }) => n);
    expect(await found('n__gte=20')).toEqual([20, 21]);
    expect(await found('on__between=2024-05-01,2024-05-31')).toEqual([20]);
    expect(await found('more.a.b__gt=7')).toEqual([21]);
    expect(await found('colour=red')).toEqual([20]);
    expect(await found('colour__icontains=BLU')).toEqual([21]);
    expect(await found('size__gt=9')).toEqual([20]);
    expect(await found('search=open&n=20')).toEqual([20]);
    expect((await root.send('GET', `${at}/data/?colour__nope=1`)).status).toBe(400);
    const grouped = await root.rows(
      `${at}/data/?_aggregate=count(*),max(n)&_group_by=kind&n__gte=20`,
    );
    expect(grouped).toEqual(
      expect.arrayContaining([
        { kind: 'open', count: 1, max_n: 20 },
        { kind: 'close', count: 1, max_n: 21 },
      ]),
    );
  });

  it('go in and out as files', async () => {
    const root = here.as('root');
    const sent = await root.send(
      'POST',
      `${at}/data/import/?format=csv`,
      'kind,n\nopen,30\nclose,31\n',
      {
        headers: { 'content-type': 'text/csv' },
      },
    );
    expect(sent.body).toMatchObject({ data: { inserted: 2 } });
    const file = await root.send('GET', `${at}/export/?format=ndjson&n__gte=30&ordering=n`);
    expect(
      file.text
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { n: number }).n),
    ).toEqual([30, 31]);
  });

  it('meet the same rules in SQL', async () => {
    const client = here.logins.client('root');
    await client.query(`insert into events (data) values ('{"kind":"open","sql":true}')`);
    await expect(
      client.query(`insert into events (data) values ('{"kind":1}')`),
    ).rejects.toMatchObject({
      code: 'RH405',
    });
    expect(await here.as('root').rows(`${at}/data/?sql=true`)).toMatchObject([
      { kind: 'open', n: 3 },
    ]);
  });
});
