/** Through PgREST, Taruvi and Data Svc, as leaks.test.ts has it of Monk: no answer tells a hidden row from a missing one, or shows a value of it. */
import { beforeAll, describe, expect, it } from 'vitest';
import { type Reply, startApp, type TestApp } from '../support/app.ts';
import { type DataSvc, dataSvc, where } from '../support/data-svc.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { createLogin } from '../support/logins.ts';
import { monk } from '../support/monk.ts';
import { pgrest } from '../support/pgrest.ts';
import { principal } from '../support/principal.ts';
import { withClient } from '../support/sql.ts';
import { taruvi } from '../support/taruvi.ts';

const id = (number: number): string =>
  `00000000-0000-7000-8000-${String(number).padStart(12, '0')}`;
const secret = 'confidential';

let database: TestDatabase;
let app: TestApp;
let tenant: string;
let objects: { readonly hidden: string; readonly missing: string };
const ann = () => principal(tenant, 'ann', { access: 'edit', roles: ['PGREST_WRITE'] });

beforeAll(async () => {
  database = await createDatabase();
  app = await startApp(database);
  tenant = await app.createTenant('leaks');
  const boss = principal(tenant, 'boss', { access: 'root', sudo: true });
  await defineListed(monk(app, boss));
  await defineRuled(taruvi(app, boss).call);
  const made = await dataSvc(app, boss).create({
    table: 'task',
    data: { name: secret, size: 7 },
    readers: ['boss'],
    writers: ['boss'],
    deleters: ['boss'],
  });
  const missing = `${made.id.slice(0, -4)}0000`;
  objects = { hidden: made.id, missing };
  const open = { readers: ['any'], writers: ['any'], deleters: ['any'] };
  await dataSvc(app, boss).create({ table: 'task', data: { name: 'plain', size: 1 }, ...open });
});

/** Tables with access lists: row 2 is hidden from ann. */
async function defineListed({ define, create }: ReturnType<typeof monk>): Promise<void> {
  const parent = { type: 'uuid', relationship_type: 'owned', related_schema: 'parent' };
  await define('parent', {
    status: 'active',
    columns: [
      { column_name: 'note', type: 'text', searchable: true },
      { column_name: 'amount', type: 'integer', index: true },
    ],
  });
  await define('child', {
    status: 'active',
    columns: [{ column_name: 'parent_id', relationship_name: 'children', ...parent }],
  });
  await create('parent', [
    { id: id(1), note: 'plain', amount: 1 },
    { id: id(2), note: secret, amount: 7, access_full: ['boss'] },
  ]);
  await create('child', [{ id: id(11), parent_id: id(1) }]);
}

/** Tables under policies: rows of 4242 are hidden from all but administrators, 1 and 3 are not. */
async function defineRuled(call: ReturnType<typeof taruvi>['call']): Promise<void> {
  await call('POST', '', { name: 'shop' }, 201);
  const table = (name: string, fields: readonly object[], more: object) =>
    call(
      'POST',
      '/shop/datatables',
      { name, json_schema: { fields, primaryKey: 'id', ...more } },
      201,
    );
  const number = (name: string) => ({ name, type: 'integer' });
  const self = { fields: 'boss_id', reference: { resource: '', fields: 'id' } };
  await table(
    'goods',
    [number('id'), { name: 'title', type: 'string' }, number('price'), number('boss_id')],
    {
      foreignKeys: [self],
      search_fields: ['title'],
      graph: { self_reference: 'boss_id' },
      hierarchy: true,
      audit_enabled: true,
    },
  );
  const good = { fields: 'good_id', reference: { resource: 'goods', fields: 'id' } };
  await table('lines', [number('id'), number('good_id')], { foreignKeys: [good] });
  await call(
    'POST',
    '/shop/datatables/goods/data/',
    [
      { id: 1, title: 'plain', price: 1, boss_id: null },
      { id: 4242, title: secret, price: 700, boss_id: 1 },
      { id: 3, title: 'below', price: 2, boss_id: 4242 },
    ],
    201,
  );
  await call('POST', '/shop/datatables/lines/data/', [{ id: 1, good_id: 1 }], 201);
  const actions = ['read', 'create', 'update', 'delete', 'aggregate'];
  for (const [name, expr] of [
    ['goods', 'R.attr.price < 100'],
    ['lines', 'true'],
  ]) {
    const rules = [
      { actions, effect: 'EFFECT_ALLOW', roles: ['*'], condition: { match: { expr } } },
    ];
    const resourcePolicy = { resource: `datatable:${name}`, version: 'default', rules };
    await call('POST', '/shop/policies', { apiVersion: 'api.cerbos.dev/v1', resourcePolicy });
  }
}

type Ask = readonly [
  method: string,
  path: (key: string) => string,
  body?: (key: string) => unknown,
];

async function send([method, path, body]: Ask, key: string): Promise<Reply> {
  return app.request(method, path(key), {
    as: ann(),
    ...(body === undefined ? {} : { body: body(key) }),
  });
}

/** What is left of a reply without the key that was asked for and the request's own number. */
function blotted({ status, text }: Reply, key: string): [number, string] {
  expect(text).not.toContain(secret);
  return [status, text.replaceAll(key, '<key>').replaceAll(/"requestId":"[^"]*"/g, '')];
}

async function same(ask: Ask, hidden: string, missing: string): Promise<[number, string]> {
  const about = blotted(await send(ask, hidden), hidden);
  expect(about, `${ask[0]} ${ask[1]('<key>')}`).toEqual(blotted(await send(ask, missing), missing));
  // Not refused for what the test itself has misspelt.
  expect(about[1]).not.toMatch(/nknown|not have this feature|not allowed/);
  return about;
}

function cases(asks: readonly Ask[]) {
  return asks.map((ask) => {
    const [method, path, body] = ask;
    return [`${method} ${path('…')} ${JSON.stringify(body?.('…') ?? '')}`, ask] as const;
  });
}

describe('PgREST', () => {
  const rows = '/v3/pgrest/data/parent';
  const asks: readonly Ask[] = [
    ['GET', (key) => `${rows}/${key}`],
    ['GET', (key) => `${rows}?id.eq=${key}`],
    ['GET', (key) => `${rows}?id.in=${id(1)},${key}&order=amount,DESC`],
    ['PUT', (key) => `${rows}/${key}`, () => ({ data: { note: 'mine' } })],
    ['PUT', (key) => `${rows}/${key}`, () => ({ data: { amount: 'not a number' } })],
    ['DELETE', (key) => `${rows}/${key}`],
    [
      'PUT',
      () => rows,
      (key) => ({ data: { note: 'mine' }, where: { id: { operator: '=', value: key } } }),
    ],
    ['POST', () => '/v3/pgrest/data/child', (key) => ({ data: { parent_id: key } })],
    ['PUT', () => `/v3/pgrest/data/child/${id(11)}`, (key) => ({ data: { parent_id: key } })],
  ];
  it.each(cases(asks))('%s', async (_, ask) => {
    await same(ask, id(2), id(3));
  });

  it('lists and counts what is visible', async () => {
    const reply = await app.request('GET', `${rows}?limit=10`, { as: ann() });
    expect((reply.body as { result: unknown[] }).result).toHaveLength(1);
    expect(reply.text).not.toContain(secret);
  });
});

describe('a view of PgREST', () => {
  it('keeps what it leaves out from conditions of its readers’ own, however cheap', async () => {
    const admin = pgrest(app, principal(tenant, 'ada', { roles: ['PGREST_ADMIN'] }));
    const columns = { name: { data_type: 'text' }, size: { data_type: 'integer' } };
    await admin.table({ table_name: 'ships', root_url: 'ships', columns });
    const data = [
      { name: 'plain', size: 1 },
      { name: secret, size: 7 },
    ];
    await admin.call('POST', '/data/ships', { data });
    const from = { from_table: 'ships', select_query: 'name, size' };
    await admin.call('POST', '/manage/views', {
      view_name: 'small',
      ...from,
      where_query: "name not like 'conf%'",
    });
    const raw_sql = `select max(name) as name, size from ships where name not like 'conf%' group by size`;
    await admin.call('POST', '/manage/views', { view_name: 'grouped', raw_sql });
    const who = principal(tenant, 'viewer', { roles: ['PGREST_USER'] });
    const login = await createLogin(database, 'viewer', who);
    const { username } = new URL(login);
    await database.admin.query(`grant temporary on database "${database.name}" to "${username}"`);
    await withClient(login, async (client) => {
      const met: string[] = [];
      client.on('notice', ({ message = '' }) => met.push(message));
      await client.query(
        `create function pg_temp.spy(text) returns boolean language plpgsql immutable cost 0.0000001 as
           $$ begin raise notice '%', $1; return true; end $$`,
      );
      expect((await client.query('select * from ships')).rows).toEqual([]);
      for (const view of ['small', 'grouped']) {
        for (const rest of [
          'where pg_temp.spy(name)',
          'where size = 7 and pg_temp.spy(name)',
          'where pg_temp.spy(name) or size > 0',
          'order by pg_temp.spy(name)',
        ]) {
          await client.query(`select count(*) over () from ${view} ${rest}`);
        }
      }
      expect([...new Set(met)]).toEqual(['plain']);
    });
    await database.admin.query(
      `revoke temporary on database "${database.name}" from "${username}"`,
    );
  });
});

describe('Taruvi', () => {
  const goods = '/api/apps/shop/datatables/goods/data';
  const lines = '/api/apps/shop/datatables/lines/data';
  const asks: readonly Ask[] = [
    ['GET', (key) => `${goods}/${key}/`],
    ['GET', (key) => `${goods}/${key}/?allowed_actions=read,update,delete`],
    ['GET', (key) => `${goods}/${key}/?populate=*`],
    ['GET', (key) => `${goods}/${key}/?format=flat&include=both`],
    ['GET', (key) => `${goods}/${key}/history/`],
    ['GET', (key) => `${goods}/?id=${key}`],
    ['GET', (key) => `${goods}/?id__in=1,${key}&ordering=-price`],
    ['GET', (key) => `${goods}/?id__descendants=${key}`],
    ['GET', (key) => `${goods}/1/?format=path&to=${key}`],
    ['GET', (key) => `${goods}/?id=${key}&_aggregate=count(*),max(price)`],
    ['GET', (key) => `${lines}/?good_id=${key}&populate=good_id`],
    ['GET', (key) => `/api/apps/shop/datatables/goods/export/?id=${key}`],
    ['PATCH', (key) => `${goods}/${key}/`, () => ({ title: 'mine' })],
    ['PATCH', (key) => `${goods}/${key}/`, () => ({ price: 'dear' })],
    ['PUT', (key) => `${goods}/${key}/`, () => ({ title: 'mine', price: 1, boss_id: null })],
    ['PATCH', () => `${goods}/`, (key) => [{ id: Number(key), title: 'mine' }]],
    ['DELETE', (key) => `${goods}/${key}/`],
    ['DELETE', (key) => `${goods}/?filter=${encodeURIComponent(JSON.stringify({ id: key }))}`],
    ['POST', () => `${lines}/`, (key) => ({ id: 9, good_id: Number(key) })],
    ['PATCH', () => `${lines}/1/`, (key) => ({ good_id: Number(key) })],
    ['PATCH', () => `${goods}/1/`, (key) => ({ boss_id: Number(key) })],
    [
      'POST',
      () => '/api/apps/shop/check/resources',
      (key) => ({
        resources: [
          {
            resource: { kind: 'datatable:goods', id: key },
            actions: ['read', 'update', 'delete'],
          },
        ],
      }),
    ],
  ];
  it.each(cases(asks))('%s', async (_, ask) => {
    await same(ask, '4242', '7373');
  });

  it('a key that is taken reads the same, whoever may see its row', async () => {
    const clash = async (key: number) =>
      blotted(
        await app.request('POST', `${goods}/`, {
          as: ann(),
          body: { id: key, title: 't', price: 1 },
        }),
        String(key),
      );
    expect(await clash(4242)).toEqual(await clash(3));
    expect((await clash(4242))[0]).toBe(409);
  });

  it('totals, ranks, pages, groups and traversals know nothing of hidden rows', async () => {
    const { call } = taruvi(app, ann());
    const rows = '/shop/datatables/goods/data/';
    const titles = async (query: string) =>
      ((await call('GET', `${rows}${query}`)).data as { title: string }[]).map(
        ({ title }) => title,
      );
    expect(await titles('?ordering=-price')).toEqual(['below', 'plain']);
    expect((await call('GET', rows)).total).toBe(2);
    expect((await call('GET', `${rows}?page_size=1&page=2&ordering=id`)).total).toBe(2);
    for (const word of [secret, 'never']) {
      expect((await call('GET', `${rows}?search=${word}`)).total).toBe(0);
    }
    const sums = await call('GET', `${rows}?_aggregate=count(*),max(price),min(title)`);
    expect(JSON.stringify(sums)).not.toMatch(/700|conf/);
    const below = await call('GET', `${rows}1/?format=flat&depth=3`);
    expect(JSON.stringify(below)).not.toMatch(/below|4242/);
  });

  it('a search is too long before it is too deep for Postgres, where it would raise on hidden rows', async () => {
    const long = encodeURIComponent('w '.repeat(2_501));
    const [status, text] = await same(
      ['GET', (key) => `${goods}/?id=${key}&search=${long}`],
      '4242',
      '7373',
    );
    expect([status, text]).toEqual([400, expect.stringContaining('5000 characters')]);
    const fits = encodeURIComponent('w '.repeat(2_500));
    const read = await same(['GET', (key) => `${goods}/?id=${key}&search=${fits}`], '4242', '7373');
    expect(read[0]).toBe(200);
  });
});

describe('Data Svc', () => {
  const filtered = (key: string) => ({ table: 'task', filters: [where('id', 'equals', key)] });
  const asks: readonly Ask[] = [
    [
      'POST',
      () => '/data-svc/objects',
      (key) => ({ table: 'task', query: { filters: [where('id', 'equals', key)], count: true } }),
    ],
    [
      'POST',
      () => '/data-svc/objects/update',
      (key) => ({ ...filtered(key), object: { table: 'task', data: { name: 'mine' } } }),
    ],
    ['POST', () => '/data-svc/objects/delete', (key) => filtered(key)],
  ];
  it.each(cases(asks))('%s', async (_, ask) => {
    const [status] = await same(ask, objects.hidden, objects.missing);
    expect(status).toBe(200);
  });

  it('pages, orders and filters know nothing of hidden objects', async () => {
    const svc: DataSvc = dataSvc(app, ann());
    const names = async (query: object) =>
      (await svc.query('task', query)).objects.map(({ data }) => data['name']);
    const order = [{ field: 'size', desc: true, sortingType: 'numeric' }];
    expect(await names({ orderBys: order })).toEqual(['plain']);
    expect(await names({ filters: [where('name', 'equals', secret)] })).toEqual([]);
    expect((await svc.query('task', { count: true, limit: 1 })).count).toBe(1);
  });
});
