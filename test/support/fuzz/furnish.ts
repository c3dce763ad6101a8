/** A tenant with something of every dialect in it: tables, rows, views, policies, roles, accounts. */
import type { Principal } from '../../../control-plane/model/principal.ts';
import type { TestApp } from '../app.ts';
import { principal } from '../principal.ts';

/** What the server numbers itself and requests must name. */
export interface Places {
  readonly tenant: string;
  /** PgREST's numbers of tables and of a view. */
  readonly pets: string;
  readonly spare: string;
  readonly seen: string;
  readonly change: string;
  readonly revision: string;
  readonly edge: string;
  readonly account: string;
  readonly spareAccount: string;
  readonly token: string;
}

type Step = readonly [method: string, path: string, body?: unknown];

export const rowId = (number: number): string =>
  `00000000-0000-7000-8000-${String(number).padStart(12, '0')}`;

export const password = 'correct horse battery staple';

/** May define everything. */
export function boss(tenant: string): Principal {
  return principal(tenant, 'boss', { access: 'root', sudo: true, roles: ['PGREST_ADMIN'] });
}

/** Definitions: what is there already stays. */
function definitions(tenant: string): readonly Step[] {
  const schema = (fields: readonly object[], more: object = {}) => ({
    json_schema: { fields, primaryKey: 'id', ...more },
  });
  const id = { name: 'id', type: 'integer' };
  const text = (name: string) => ({ name, type: 'string' });
  const tables = '/api/apps/shop/datatables';
  const owned = "R.attr.owner == P.id || R.attr.owner == 'all'";
  const policy = (table: string, expr = owned) => ({
    apiVersion: 'api.cerbos.dev/v1',
    resourcePolicy: {
      resource: `datatable:${table}`,
      version: 'default',
      rules: [
        {
          actions: ['*'],
          effect: 'EFFECT_ALLOW',
          roles: ['*'],
          condition: { match: { expr } },
        },
      ],
    },
  });
  return [
    [
      'POST',
      '/api/describe/doc',
      {
        status: 'active',
        columns: [
          { column_name: 'code', type: 'text', unique: true, tracked: true },
          { column_name: 'note', type: 'text', searchable: true, tracked: true },
          { column_name: 'amount', type: 'integer', index: true, minimum: -1000 },
          { column_name: 'price', type: 'decimal' },
          { column_name: 'day', type: 'timestamp' },
          { column_name: 'fine', type: 'boolean' },
          { column_name: 'tags', type: 'text[]' },
          { column_name: 'meta', type: 'jsonb' },
        ],
      },
    ],
    [
      'POST',
      '/api/describe/part',
      {
        status: 'active',
        columns: [
          { column_name: 'note', type: 'text' },
          {
            column_name: 'doc_id',
            type: 'uuid',
            relationship_type: 'owned',
            related_schema: 'doc',
            relationship_name: 'parts',
          },
        ],
      },
    ],
    [
      'POST',
      '/api/describe/spare',
      { status: 'active', columns: [{ column_name: 'a', type: 'text' }] },
    ],
    ['POST', '/api/describe/spare/b', { type: 'integer' }],
    [
      'POST',
      '/v3/pgrest/manage/tables',
      {
        table_name: 'pets',
        enums: { size: ['BIG', 'SMALL'] },
        columns: {
          name: { data_type: 'varchar', char_len: 255 },
          age: { data_type: 'integer', null: true },
          fine: { data_type: 'boolean', null: true, default: 'true' },
          seen: { data_type: 'timestamp', null: true },
          list: { data_type: 'integer[]', null: true },
          size: { data_type: 'size', null: true },
        },
      },
    ],
    [
      'POST',
      '/v3/pgrest/manage/tables',
      { table_name: 'lone', columns: { a: { data_type: 'text' } } },
    ],
    [
      'POST',
      '/v3/pgrest/manage/views',
      { view_name: 'seen', select_query: 'name, age', from_table: 'pets', where_query: 'age < 90' },
    ],
    [
      'POST',
      '/v3/pgrest/manage/views',
      { view_name: 'extra', raw_sql: 'as select name from pets' },
    ],
    [
      'POST',
      '/v3/pgrest/manage/views',
      { view_name: 'stored', materialized_view_raw_sql: 'select name from pets' },
    ],
    ['POST', '/v3/pgrest/manage/roles', { role_name: 'PGREST_OWN', description: 'own' }],
    ['POST', '/api/apps', { name: 'shop', settings: { allow_anonymous: true } }],
    ['POST', '/api/apps', { name: 'closed' }],
    ['POST', '/api/apps/closed/restore', {}],
    ['POST', '/api/apps/shop/restore', {}],
    ['POST', '/api/apps/shop/datasources', { name: 'main', provider_type: 'flat_table' }],
    ['POST', '/api/apps/shop/datasources', { name: 'side', provider_type: 'jsonb' }],
    ['POST', '/api/apps/shop/datasources', { name: 'gone', provider_type: 'flat_table' }],
    ['POST', '/api/apps/shop/datasources/gone/restore', {}],
    ['POST', '/api/apps/shop/roles', { name: 'reader' }],
    [
      'POST',
      tables,
      { name: 'customers', datasource: 'main', ...schema([id, text('name'), text('owner')]) },
    ],
    [
      'POST',
      tables,
      {
        name: 'items',
        datasource: 'main',
        audit_enabled: true,
        search_fields: ['name'],
        ...schema(
          [
            id,
            { ...text('name'), constraints: { maxLength: 5000 } },
            { name: 'price', type: 'number', constraints: { minimum: -10_000 } },
            { name: 'at', type: 'datetime' },
            { name: 'on', type: 'date' },
            { name: 'fine', type: 'boolean' },
            { name: 'tags', type: 'array' },
            { name: 'more', type: 'object' },
            { name: 'customer_id', type: 'integer' },
            text('owner'),
          ],
          {
            foreignKeys: [
              { fields: 'customer_id', reference: { resource: 'customers', fields: 'id' } },
            ],
          },
        ),
      },
    ],
    [
      'POST',
      tables,
      {
        name: 'staff',
        datasource: 'main',
        ...schema([id, text('name'), text('owner')], { hierarchy: true }),
      },
    ],
    [
      'POST',
      tables,
      { name: 'bag', datasource: 'side', ...schema([id, text('name'), text('owner')]) },
    ],
    [
      'POST',
      tables,
      {
        name: 'spare',
        datasource: 'main',
        ...schema([id, text('name'), { name: 'is_deleted', type: 'boolean' }]),
      },
    ],
    ['POST', tables, { name: 'later', datasource: 'main', materialize: false, ...schema([id]) }],
    ['POST', tables, { name: 'lesser', datasource: 'main', ...schema([id, text('name')]) }],
    ['POST', `${tables}/spare/restore`, {}],
    ['POST', `${tables}/lesser/restore`, {}],
    ...['items', 'customers', 'staff', 'bag'].map(
      (table): Step => ['POST', '/api/apps/shop/policies', policy(table)],
    ),
    [
      'POST',
      '/api/apps/shop/policies',
      policy('staff_edges', "R.attr.created_by_id == P.id || R.attr.created_by_id == 'boss'"),
    ],
    [
      'POST',
      '/api/apps/shop/policies',
      {
        apiVersion: 'api.cerbos.dev/v1',
        principalPolicy: {
          principal: 'somebody',
          rules: [
            { resource: 'datatable:spare', actions: [{ action: 'read', effect: 'EFFECT_DENY' }] },
          ],
        },
      },
    ],
    ['POST', '/api/sudo/users', { name: 'Mara', auth: 'mara', access: 'edit' }],
    ['POST', '/api/sudo/users', { name: 'Extra', auth: 'extra', access: 'read', password }],
    ['PATCH', `/api/apps/shop/settings`, { allow_anonymous: true, tenant_was: tenant }],
  ];
}

/** What samples make: gone, so that the next one is not refused for being there. */
const made: readonly Step[] = [
  ['DELETE', '/api/describe/fresh'],
  ['DELETE', '/api/describe/spare/c'],
  ['DELETE', '/v3/pgrest/manage/views/over'],
  ['DELETE', '/v3/pgrest/manage/views/parts'],
  ['DELETE', '/api/apps/shop/datatables/fresh_t'],
  ['DELETE', '/api/apps/shop/datatables/fresh_u'],
  ['DELETE', '/api/apps/shop/datatables/r2'],
  ['DELETE', '/api/apps/shop/datatables/r1'],
];

/** Rows that anybody of the tenant may read. */
const rows: readonly Step[] = [
  [
    'POST',
    '/api/data/doc',
    [
      {
        id: rowId(1),
        code: 'A',
        note: 'plain',
        amount: 1,
        price: 1.5,
        day: '2024-02-29T00:00:00Z',
        tags: ['x'],
        meta: { a: { b: [1, 'two'] } },
      },
    ],
  ],
  ['POST', '/api/data/doc', [{ id: rowId(2), code: 'B', note: 'other', amount: 2 }]],
  ['POST', '/api/data/doc', [{ id: rowId(3), code: 'C', note: null, amount: 3 }]],
  ...[1, 2, 3, 8].map((number): Step => ['POST', `/api/trashed/doc/${rowId(number)}`]),
  ...[4, 5, 6, 7, 8].map(
    (number): Step => ['POST', '/api/data/doc', [{ id: rowId(number), note: 'more' }]],
  ),
  ...[4, 5, 6, 7].map((number): Step => ['DELETE', `/api/data/doc/${rowId(number)}`]),
  ['POST', '/api/data/part', [{ id: rowId(11), note: 'one', doc_id: rowId(1) }]],
  ['POST', '/api/data/part', [{ id: rowId(12), note: 'two', doc_id: rowId(1) }]],
  [
    'POST',
    '/v3/pgrest/data/pets',
    {
      data: [
        { name: 'rex', age: 3 },
        { name: 'ufo', age: null },
      ],
    },
  ],
  [
    'POST',
    '/data-svc/object',
    {
      object: {
        id: 'thing_1',
        table: 'thing',
        readers: ['any'],
        writers: ['_self', 'ann'],
        deleters: ['_self', 'ann'],
        data: { title: 'one', n: 1 },
      },
    },
  ],
  [
    'POST',
    '/data-svc/object',
    {
      object: {
        id: 'thing_2',
        table: 'thing',
        readers: ['any'],
        writers: ['_self', 'ann'],
        deleters: ['_self', 'ann'],
        data: { title: 'two', n: 2, deep: { a: [1] } },
      },
    },
  ],
  ['POST', '/api/apps/shop/datatables/customers/data', { id: 1, name: 'Ada', owner: 'all' }],
  [
    'POST',
    '/api/apps/shop/datatables/items/data',
    {
      id: 1,
      name: 'first',
      price: 1.5,
      at: '2024-01-01T00:00:00Z',
      tags: ['a'],
      more: { a: { b: 1 } },
      customer_id: 1,
      owner: 'all',
    },
  ],
  [
    'POST',
    '/api/apps/shop/datatables/items/data',
    { id: 2, name: 'second', price: 2, owner: 'all' },
  ],
  ['POST', '/api/apps/shop/datatables/items/data', { id: 3, name: 'third', owner: 'all' }],
  ['POST', '/api/apps/shop/datatables/bag/data', { id: 1, name: 'held', owner: 'all' }],
  ['POST', '/api/apps/shop/datatables/spare/data', { id: 1, name: 'marked' }],
  ['POST', '/api/apps/shop/datatables/spare/data', { id: 2, name: 'marked too' }],
  ['DELETE', '/api/apps/shop/datatables/spare/data/1'],
  ['DELETE', '/api/apps/shop/datatables/spare/data/2'],
  ...[1, 2, 3].map(
    (id): Step => [
      'POST',
      '/api/apps/shop/datatables/staff/data',
      { id, name: `s${id}`, owner: 'all' },
    ],
  ),
  ['POST', '/api/apps/shop/datatables/staff/edges', [{ from: 2, to: 1, type: 'parent' }]],
  ['POST', '/api/apps/shop/datatables/staff/edges', [{ from: 3, to: 2, type: 'parent' }]],
  ['PUT', `/api/data/doc/${rowId(1)}`, { note: 'changed' }],
  ['PATCH', '/api/apps/shop/datatables/spare', { description: 'changed' }],
];

/** Rows that only `keeper` may read, each with the marker in every text of it; what one dialect hides so, all do. */
function hiddenRows(marker: string): readonly Step[] {
  const lists = { access_full: ['keeper'], access_read: ['keeper'] };
  const objects = { readers: ['keeper'], writers: ['keeper'], deleters: ['keeper'] };
  const owned = { name: marker, owner: 'keeper' };
  return [
    [
      'POST',
      '/api/data/doc',
      [
        {
          id: rowId(901),
          code: marker,
          note: marker,
          amount: 90,
          price: 9,
          tags: [marker],
          meta: { a: marker, [marker]: 1 },
          ...lists,
        },
      ],
    ],
    ['POST', '/api/data/part', [{ id: rowId(902), note: marker, doc_id: rowId(901), ...lists }]],
    ['POST', '/api/data/part', [{ id: rowId(903), note: marker, doc_id: rowId(1), ...lists }]],
    [
      'POST',
      '/data-svc/object',
      {
        object: {
          id: `thing_${marker}`,
          table: 'thing',
          ...objects,
          data: { title: marker, [marker]: marker },
        },
      },
    ],
    ['POST', '/api/apps/shop/datatables/customers/data', { id: 901, ...owned }],
    [
      'POST',
      '/api/apps/shop/datatables/items/data',
      {
        id: 901,
        ...owned,
        price: 9,
        more: { a: marker, [marker]: 1 },
        tags: [marker],
        customer_id: 901,
      },
    ],
    ['POST', '/api/apps/shop/datatables/bag/data', { id: 901, ...owned }],
    ['POST', '/api/apps/shop/datatables/staff/data', { id: 901, ...owned }],
    [
      'POST',
      '/api/apps/shop/datatables/staff/edges',
      [{ from: 901, to: 1, type: 'parent', metadata: { m: marker } }],
    ],
  ];
}

async function run(app: TestApp, as: Principal, steps: readonly Step[], strict: boolean) {
  for (const [method, path, body] of steps) {
    const reply = await app.request(method, path, body === undefined ? { as } : { as, body });
    if (strict && reply.status >= 400 && !/restore|trashed|DELETE/.test(method + path)) {
      throw new Error(`${method} ${path}: ${reply.status} ${reply.text.slice(0, 400)}`);
    }
  }
}

/** Makes all of it in a new tenant. */
export async function furnish(app: TestApp, tenant: string, marker: string): Promise<void> {
  await run(app, boss(tenant), [...definitions(tenant), ...rows], true);
  const keeper = principal(tenant, 'keeper', { access: 'root', sudo: true });
  await run(app, keeper, hiddenRows(marker), true);
}

/** Makes rows anew that are missing by now, and where definitions were changed those too; tells the numbers of what is there. */
export async function restock(
  app: TestApp,
  tenant: string,
  what: 'rows' | 'everything',
): Promise<Places> {
  const steps = what === 'rows' ? rows : [...made, ...definitions(tenant), ...rows];
  await run(app, boss(tenant), steps, false);
  return await placesOf(app, tenant);
}

// biome-ignore lint/suspicious/noExplicitAny: replies are looked into by name, and a wrong guess names nothing
type Data = any;

export async function placesOf(app: TestApp, tenant: string): Promise<Places> {
  const as = boss(tenant);
  const get = async (path: string): Promise<Data> => (await app.request('GET', path, { as })).body;
  const named = (all: Data, key: string, name: string, id: string): string =>
    String(Array.isArray(all) ? (all.find((each: Data) => each?.[key] === name)?.[id] ?? 0) : 0);
  const tables = (await get('/v3/pgrest/manage/tables'))?.result;
  const cages = named(tables, 'table_name', 'cages', 'table_id');
  if (cages !== '0') await app.request('DELETE', `/v3/pgrest/manage/tables/${cages}`, { as });
  const users = (await get('/api/sudo/users'))?.data;
  const operations = await get('/api/apps/shop/datatables/spare/operations');
  const login = await app.request('POST', '/auth/login', {
    body: { tenant, username: 'extra', password },
  });
  return {
    tenant,
    pets: named(tables, 'table_name', 'pets', 'table_id'),
    spare: named(tables, 'table_name', 'lone', 'table_id'),
    seen: named((await get('/v3/pgrest/manage/views'))?.result, 'view_name', 'seen', 'view_id'),
    change: String((await get(`/api/history/doc/${rowId(1)}`))?.data?.[0]?.change_id ?? 1),
    revision: String(operations?.[0]?.revision_id ?? 0),
    edge: String((await get('/api/apps/shop/datatables/staff/edges'))?.data?.[0]?.id ?? 0),
    account: named(users, 'username', 'mara', 'id'),
    spareAccount: named(users, 'username', 'extra', 'id'),
    token: String((login.body as Data)?.data?.token ?? ''),
  };
}
