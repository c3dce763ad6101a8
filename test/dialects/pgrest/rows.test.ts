/** Rows of the PgREST dialect: every verb, every operator, every way to say what cannot be meant. */
import { beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { monk } from '../../support/monk.ts';
import { type Pgrest, pgrest } from '../../support/pgrest.ts';
import { principal } from '../../support/principal.ts';

let app: TestApp;
let admin: Pgrest;
let tenant: string;

const hostile = [
  '',
  '%',
  '_',
  '\\',
  "'",
  '"',
  '$$',
  ';',
  'a,b',
  'ünï',
  'NULL',
  "'; drop table x; --",
];

beforeAll(async () => {
  const database = await createDatabase();
  app = await startApp(database);
  tenant = await app.createTenant('rows');
  admin = pgrest(app, principal(tenant, 'ada', { roles: ['PGREST_ADMIN'] }));
  await admin.table({
    table_name: 'items',
    enums: { size: ['S', 'M', 'L'] },
    columns: {
      name: { data_type: 'text' },
      n: { data_type: 'integer' },
      'a.b': { data_type: 'boolean' },
      list: { data_type: 'integer[]' },
      size: { data_type: 'size' },
      at: { data_type: 'timestamp' },
    },
  });
  await admin.call('POST', '/data/items', {
    data: [
      { name: 'a', n: 1, 'a.b': true, list: [1, 2], size: 'S', at: '2024-01-01T00:00:00' },
      { name: 'A', n: 2, 'a.b': false, list: [], size: 'M', at: '2024-06-01T12:00:00.25' },
      { name: 'a,b', n: 0, 'a.b': null, list: [3], size: 'L' },
      { name: null, n: null, list: null },
    ],
  });
  await admin.table({
    table_name: 'keyed',
    columns: {
      id: { data_type: 'varchar', char_len: 50, primary_key: true },
      v: { data_type: 'text' },
    },
  });
});

const ids = async (query: string) =>
  (await admin.rows(`/data/items?${query}`)).map((row) => row['_pkid']);
const stanza = (value: unknown) =>
  `where=${encodeURIComponent(typeof value === 'string' ? value : JSON.stringify(value))}`;

describe('searching', () => {
  const searches: readonly (readonly [string, readonly number[]])[] = [
    ['name.eq=a', [1]],
    ['NAME.EQ=a', [1]],
    ['name.neq=a', [2, 3]],
    ['n.lt=1', [3]],
    ['n.lte=1', [1, 3]],
    ['n.gt=1', [2]],
    ['n.gte=1', [1, 2]],
    ['n.in=1,2', [1, 2]],
    ['n.nin=1,2', [3]],
    ['name.in=a\\,b,A', [2, 3]],
    ['n.between=0,1', [1, 3]],
    ['n.between=1,0', []],
    ['n.nbetween=1,0', [1, 2, 3]],
    ['n.nbetween=0,1', [2]],
    ['name.like=a%25', [1, 3]],
    ['name.nlike=a%25', [2]],
    ['size.like=M', [2]],
    ['size.gt=S', [2, 3]],
    ['name.null=TRUE', [4]],
    ['name.null=false', [1, 2, 3]],
    ['name.eq=NULL', []],
    ['a.b.eq=t', [1]],
    ['a.b.eq=0', [2]],
    ['list.eq={1,2}', [1]],
    ['list.eq=[]', [2]],
    ['list.neq={3}', [1, 2]],
    ['at.eq=2024-06-01T14:00:00.25%2B02:00', [2]],
    ['at.lt=2024-02-01', [1]],
    ['n.gt=0&n.lt=2', [1]],
    ['n.gt=0&n.gt=1', [2]],
    ['order=n,desc&n.null=false', [2, 1, 3]],
    ['order=N,ASC&n.null=false', [3, 1, 2]],
    ['order=n', [3, 1, 2, 4]],
    ['limit=2&offset=1', [2, 3]],
    ['limit=-1', [1, 2, 3, 4]],
    ['limit=&offset=', [1, 2, 3, 4]],
    [stanza({ name: { operator: '=', value: 'a' } }), [1]],
    [stanza({ where: { n: { operator: '==', value: 0 } } }), [3]],
    [stanza({ n: { operator: '.GTE', value: 1 } }), [1, 2]],
    [stanza({ n: { operator: 'not in', value: [1, 2] } }), [3]],
    [stanza({ n: { operator: 'NOT  BETWEEN', value: [0, 1] } }), [2]],
    [stanza({ name: { operator: '!~~', value: 'a%' } }), [2]],
    [stanza({ name: { operator: 'is null' } }), [4]],
    [stanza({ name: { operator: 'is not null' } }), [1, 2, 3]],
    [stanza({ 'a.b': { operator: '=', value: false } }), [2]],
    [
      stanza({
        n: [
          { operator: '>', value: 0 },
          { operator: '<', value: 2 },
        ],
      }),
      [1],
    ],
    [stanza('{"n":{"operator":">","value":0},"n":{"operator":"<","value":2}}'), [1]],
    [`n.lt=2&${stanza({ n: { operator: '>', value: 0 } })}`, [1]],
  ];

  it.each(searches)('%s', async (query, wanted) => {
    const found = await ids(query);
    expect(query.includes('order') ? found : found.toSorted()).toEqual(wanted);
  });

  const bad: readonly (readonly [string, string])[] = [
    ['foo=1', 'unknown_parameter'],
    ['foo.eq=1', 'unknown_column'],
    ['_pkid.eq=1', 'unknown_column'],
    ['n.foo=1', 'unknown_operator'],
    ['n.=1', 'unknown_operator'],
    ['n.%3D=1', 'unknown_operator'],
    ['n.eq=x', 'invalid_value'],
    ['n.eq=', 'invalid_value'],
    ['n.in=', 'invalid_value'],
    ['n.between=1', 'invalid_value'],
    ['n.between=1,2,3', 'invalid_value'],
    ['n.like=1', 'invalid_value'],
    ['list.like=1', 'invalid_value'],
    ['list.gt=1', 'invalid_value'],
    ['size.eq=XL', 'invalid_value'],
    ['at.eq=soon', 'invalid_value'],
    ['a.b.eq=maybe', 'invalid_value'],
    ['name.null=1', 'invalid_value'],
    ['order=zzz', 'unknown_column'],
    ['order=n,sideways', 'unknown_column'],
    ['order=n&order=name', 'bad_request'],
    ['limit=10001', 'bad_request'],
    ['limit=-2', 'bad_request'],
    ['limit=1.5', 'bad_request'],
    ['offset=-1', 'bad_request'],
    [stanza('nope'), 'bad_request'],
    [stanza('[]'), 'bad_request'],
    [stanza({ n: 1 }), 'bad_request'],
    [stanza({ n: { operator: '>' } }), 'bad_request'],
    [stanza({ n: { value: 1 } }), 'bad_request'],
    [stanza({ n: { operator: '>', value: 1, more: 1 } }), 'bad_request'],
    [stanza({ n: { operator: '=', value: null } }), 'invalid_value'],
    [stanza({ n: { operator: '; drop', value: 1 } }), 'unknown_operator'],
    [stanza({ zzz: { operator: '=', value: 1 } }), 'unknown_column'],
    [stanza('{"n":{"operator":">","operator":"<","value":0}}'), 'bad_request'],
  ];

  it.each(bad)('refuses %s: %s', async (query, code) => {
    expect((await admin.refused(400, 'GET', `/data/items?${query}`)).code).toBe(code);
  });

  it('says when more rows follow', async () => {
    const { metadata } = await admin.call('GET', '/data/items?limit=2');
    expect(metadata).toEqual({ limit: 2, offset: 0, truncated: true });
    const all = await admin.call('GET', '//data/items/');
    expect(all.metadata).toEqual({ limit: 10_000, offset: 0, truncated: false });
  });
});

describe('writing', () => {
  it('takes hostile keys and values in every verb', async () => {
    for (const text of hostile.slice(1)) {
      const path = `/data/keyed/${encodeURIComponent(text)}`;
      const { result } = await admin.call('POST', '/data/keyed', { data: { id: text, v: text } });
      expect(result).toEqual([{ id: text, v: text }]);
      expect(await admin.rows(path)).toEqual([{ _pkid: text, id: text, v: text }]);
      const query = `v.eq=${encodeURIComponent(text)}`;
      expect((await admin.rows(`/data/keyed?${query}`)).length).toBe(1);
      expect((await admin.call('PUT', path, { data: { v: `${text}!` } })).result).toEqual([
        { _pkid: text, id: text, v: `${text}!` },
      ]);
      const bulk = { v: text, where: { id: { operator: '=', value: text } } };
      expect((await admin.call('PUT', '/data/keyed', bulk)).metadata).toEqual({ updated: 1 });
      expect((await admin.call('DELETE', path)).message).toBe('Row deleted successfully.');
      await admin.refused(400, 'GET', path);
    }
  });

  it('writes many or none', async () => {
    const rows = [{ id: 'k1' }, { id: 'k2', v: 'x' }];
    const { result } = await admin.call('POST', '/data/keyed', { data: rows });
    expect(result).toEqual([
      { id: 'k1', v: null },
      { id: 'k2', v: 'x' },
    ]);
    await admin.refused(400, 'POST', '/data/keyed', { data: [{ id: 'k3' }, { id: 'k1' }] });
    await admin.refused(400, 'POST', '/data/keyed', { data: [{ id: 'k3' }, { v: 'x' }] });
    await admin.refused(400, 'GET', '/data/keyed/k3');
    for (const body of [
      {},
      { data: [] },
      { data: 1 },
      { data: null },
      { data: [1] },
      { data: {}, where: {} },
      { id: 'x' },
    ]) {
      await admin.refused(400, 'POST', '/data/keyed', body);
    }
    await admin.refused(400, 'POST', '/data/items', { data: { items_id: 5 } });
    await admin.refused(400, 'POST', '/data/items', { data: { _pkid: 5 } });
    expect((await admin.refused(400, 'POST', '/data/items', { data: { zzz: 5 } })).code).toBe(
      'unknown_column',
    );
    expect((await admin.refused(400, 'POST', '/data/nope', { data: {} })).code).toBe(
      'table_not_found',
    );
    await admin.refused(400, 'GET', '/data/nope/1');
    await admin.refused(404, 'GET', '/data/nope');
  });

  it('changes one row, and its key', async () => {
    const { result } = await admin.call('PUT', '/data/keyed/k1', { data: { id: 'k9' } });
    expect(result).toEqual([{ _pkid: 'k9', id: 'k9', v: null }]);
    for (const [path, body] of [
      ['k9', {}],
      ['k9', { data: {} }],
      ['k9', { data: [] }],
      ['k9', { data: { id: null } }],
      ['k9', { data: { zzz: 1 } }],
      ['k9', { data: { v: 1 } }],
      ['k9', '{"data":{"v":"a","v":"b"}}'],
      ['nope', { data: { v: 'x' } }],
    ] as const) {
      await admin.refused(400, 'PUT', `/data/keyed/${path}`, body);
    }
    for (const id of ['x', '1.5', '99999999999', '1%20or%201=1']) {
      await admin.refused(400, 'GET', `/data/items/${id}`);
      await admin.refused(400, 'PUT', `/data/items/${id}`, { data: { n: 1 } });
      await admin.refused(400, 'DELETE', `/data/items/${id}`);
    }
  });

  it('changes rows in bulk, in both forms', async () => {
    await admin.table({
      table_name: 'bulk',
      columns: { count: { data_type: 'integer' }, data: { data_type: 'text' } },
    });
    await admin.call('POST', '/data/bulk', {
      data: [{ count: 1 }, { count: -1 }, { count: -2 }, {}],
    });
    const updated = async (body: unknown) =>
      (await admin.call('PUT', '/data/bulk', body)).metadata['updated'];
    expect(await updated({ count: 0, where: { count: { operator: '<', value: 0 } } })).toBe(2);
    expect(
      await updated(
        '{"data":{"data":"x"},"where":{"count":{"operator":">=","value":0},"count":{"operator":"<","value":1}}}',
      ),
    ).toBe(2);
    expect(await updated({ data: 'y', where: { data: { operator: '=', value: 'x' } } })).toBe(2);
    expect(await updated({ data: { count: 5 }, where: null })).toBe(4);
    expect(await updated({ data: { count: 6 } })).toBe(4);
    expect(await updated({ count: 7, where: {} })).toBe(4);
    for (const body of [
      {},
      { count: 1 },
      { count: 1, where: null },
      { data: { count: 1 }, other: 1 },
      { data: {}, where: {} },
      { where: {} },
      { count: 'x', where: {} },
      { zzz: 1, where: {} },
      { count: 1, where: { zzz: { operator: '=', value: 1 } } },
      { count: 1, where: { count: { operator: 'like', value: '1' } } },
      '{"count":1,"count":2,"where":{}}',
      '{"count":1,"where":{},"where":{}}',
    ]) {
      await admin.refused(400, 'PUT', '/data/bulk', body);
    }
    expect((await admin.rows('/data/bulk')).every((row) => row['count'] === 7)).toBe(true);
  });
});

describe('one table, every dialect', () => {
  it('is served by the others, and serves theirs', async () => {
    const root = principal(tenant, 'root', { access: 'root', sudo: true });
    const records = monk(app, root);
    expect((await records.find('items', { where: { n: 1 } })).length).toBe(1);
    await records.define('notes', {
      status: 'active',
      columns: [
        { column_name: 'body', type: 'text', required: true },
        { column_name: 'once', type: 'text', immutable: true },
      ],
    });
    const [note] = await records.create('notes', [{ body: 'b', once: 'o' }]);
    const path = `/data/notes/${note?.id}`;
    expect(await admin.rows(path)).toMatchObject([{ _pkid: note?.id, body: 'b' }]);
    await admin.refused(400, 'PUT', path, { data: { once: 'p' } });
    await admin.call('PUT', path, { data: { body: 'c' } });
    const made = await admin.call('POST', '/data/notes', { data: { body: 'mine' } });
    expect(made.result).toMatchObject([{ body: 'mine' }]);
    // Deleting a record with lists asks for level full besides the role.
    await admin.refused(403, 'DELETE', path);
    const full = principal(tenant, 'fay', { access: 'full', roles: ['PGREST_WRITE'] });
    await pgrest(app, full).call('DELETE', path);
    await admin.refused(400, 'GET', path);
    const tables = (await admin.call('GET', '/manage/tables?details=true')).result as {
      table_name: string;
    }[];
    expect(tables.map(({ table_name }) => table_name)).toContain('notes');
  });

  it('believes the claims of Tapis tokens', async () => {
    const { SignJWT } = await import('jose');
    const token = await new SignJWT({
      'tapis/username': 'ada',
      'tapis/tenant_id': tenant,
      roles: ['PGREST_READ'],
    })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject('ada@tenant')
      .setExpirationTime('1h')
      .sign(Buffer.from(app.secret));
    for (const name of ['x-tapis-token', 'tapis-v2-token']) {
      const reply = await app.request('GET', '/v3/pgrest/data/items', {
        headers: { [name]: token },
      });
      expect(reply.status).toBe(200);
    }
    const other = await app.request('GET', '/v3/pgrest/data/items', {
      as: principal(tenant, 'eve', { roles: ['PGREST_READ'] }),
      headers: { 'x-tapis-token': token },
    });
    expect(other.status).toBe(403);
    const elsewhere = await app.request('GET', '/v3/pgrest/data/items', {
      headers: { 'x-tapis-token': token, 'x-tenant': 'another' },
    });
    expect([elsewhere.status, (elsewhere.body as { metadata: unknown }).metadata]).toEqual([
      403,
      { code: 'tenant_mismatch' },
    ]);
  });
});
