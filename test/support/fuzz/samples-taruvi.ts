import type { Places } from './furnish.ts';
import type { Sample } from './request.ts';

const items = { table: 'items' };
const tree = [
  {
    operator: 'or',
    value: [
      { field: 'price', operator: 'gte', value: 1 },
      { field: 'name', operator: 'startswith', value: 'f' },
      { operator: 'not', value: [{ field: 'customer_id.name', operator: 'eq', value: 'Ada' }] },
    ],
  },
];

/** Query parameters that some route of the dialect knows. */
export const taruviWords: readonly (readonly [string, string])[] = [
  ['filters', JSON.stringify(tree)],
  ['filters', JSON.stringify({ or: [{ name: 'first' }, { price__gte: 1 }], 'more.a.b': 1 })],
  ['name__icontains', 'i'],
  ['name__like', 'f%'],
  ['name__search', '"first" or second -third'],
  ['price__between', '1,2'],
  ['id__in', '1,2,3'],
  ['tags__acontains', '["a"]'],
  ['more.a.b__gt', '0'],
  ['customer_id.name__contains', 'A'],
  ['at__gte', '2024-01-01T00:00:00Z'],
  ['ordering', '-price,customer_id.name'],
  ['_sort', 'name'],
  ['_order', 'desc'],
  ['page', '1'],
  ['page_size', '2'],
  ['limit', '2'],
  ['offset', '1'],
  ['_start', '0'],
  ['_end', '2'],
  ['_count', 'true'],
  ['fields', 'id,name'],
  ['search', 'first -second "a b" OR c'],
  ['populate', 'customer_id'],
  ['populate', '*'],
  ['allowed_actions', 'update,delete'],
  ['include_deleted', 'true'],
  ['_aggregate', "count(*),sum(price) as s,string_agg(name, '; ') as names,avg(price * 2 - 1)"],
  ['_group_by', "fine,date_trunc('month', at AT TIME ZONE 'Europe/Berlin') as m"],
  ['_having', 'count(*) > 0 AND s >= 0'],
  ['format', 'tree'],
  ['format', 'path'],
  ['to', '1'],
  ['weight', 'cost'],
  ['include', 'both'],
  ['depth', '3'],
  ['relationship_type', 'parent'],
  ['traversal', 'dfs'],
  ['envelope', 'true'],
  ['dry_run', 'true'],
  ['mode', 'upsert'],
  ['unique_fields', 'id'],
  ['on_error', 'skip'],
  ['delimiter', ';'],
  ['record_id', '1'],
];

const fields = [
  { name: 'id', type: 'integer', constraints: { required: true } },
  { name: 'mail', type: 'string', format: 'email', constraints: { unique: true, maxLength: 90 } },
  { name: 'n', type: 'number', constraints: { minimum: 0, maximum: 9 }, default: 1 },
  { name: 'kind', type: 'string', constraints: { enum: ['a', 'b'], pattern: '[ab]' } },
  { name: 'day', type: 'date', format: 'default' },
  { name: 'customer_id', type: 'integer' },
];
const schema = {
  fields,
  primaryKey: 'id',
  foreignKeys: [{ fields: 'customer_id', reference: { resource: 'customers', fields: 'id' } }],
  indexes: [
    { name: 'by_kind', fields: ['kind', 'n'], unique: false },
    { name: 'by_low', expression: 'lower(mail)', where: 'n > 0' },
  ],
};

const resourcePolicy = (resource: string, name = 'name') => ({
  apiVersion: 'api.cerbos.dev/v1',
  resourcePolicy: {
    resource,
    version: 'default',
    rules: [
      {
        actions: ['read', 'update'],
        effect: 'EFFECT_ALLOW',
        roles: ['editor', '*'],
        condition: {
          match: {
            all: {
              of: [
                { expr: `R.attr.${name}.startsWith('a') || P.id in ['ann', 'bob']` },
                {
                  expr: `has(R.attr.${name}) && !(size(R.attr.${name}) > 100) && R.attr.id % 2 == 0`,
                },
              ],
            },
          },
        },
      },
    ],
  },
});

/** A success for each route of the Taruvi dialect. */
export function taruviSamples(at: Places): Readonly<Record<string, readonly Sample[]>> {
  const app = (sample: Sample): Sample => ({
    ...sample,
    params: { app: 'shop', ...sample.params },
  });
  const all: Record<string, readonly Sample[]> = {};
  const put = (method: string, path: string, samples: readonly Sample[]): void => {
    all[`${method} /api${path}`] = samples;
  };
  /** Also under the other address that an endpoint of tables or policies has. */
  const addBoth = (
    route: string,
    samples: readonly Sample[],
    others: readonly Sample[] = samples,
  ): void => {
    const [method = '', path = ''] = route.split(' ');
    put(method, `/apps${path}`, samples.map(app));
    if (path.startsWith('/:app/policies')) {
      const headers = { 'x-app-slug': 'shop' };
      const short = others.map((sample) => ({ ...sample, headers }));
      put(method, `/data${path.replace('/:app', '')}`, short);
      return;
    }
    const datasource = ({ params }: Sample): string =>
      params?.['table'] === 'bag' ? 'side' : 'main';
    const long = path.replace('/datatables', '/datasources/:datasource/datatables');
    const within = others.map((sample) =>
      app({ ...sample, params: { datasource: datasource(sample), ...sample.params } }),
    );
    put(method, `/apps${long}`, within);
  };
  const add = (route: string, ...samples: readonly Sample[]): void => {
    const [method = '', path = ''] = route.split(' ');
    if (/^\/:app\/(datatables\/:|policies)/.test(path)) addBoth(route, samples);
    else put(method, `/apps${path}`, samples.map(app));
  };
  const tables = '/:app/datatables';
  const data = `${tables}/:table/data`;
  add('GET ', { query: { page: '1', page_size: '5' } });
  add('POST ', { body: { name: 'New App', description: 'd', settings: { theme: 'dark' } } });
  add('GET /:app', {});
  add('PUT /:app', { params: { app: 'closed' }, body: { name: 'closed', settings: {} } });
  add('PATCH /:app', { params: { app: 'closed' }, body: { description: 'changed' } });
  add('DELETE /:app', { params: { app: 'closed' } });
  add('POST /:app/restore', { params: { app: 'closed' } });
  add('GET /:app/export', {});
  add('POST /import', {
    body: {
      app: {
        name: 'Copy',
        slug: 'copy',
        description: '',
        settings: {},
        datasources: [
          {
            name: 'main',
            slug: 'main',
            provider_type: 'flat_table',
            description: '',
            provider_config: {},
          },
        ],
      },
      roles: [{ name: 'reader', parent: null, members: ['ann'] }],
      datatables: {
        name: 'copy',
        resources: [
          {
            name: 'one',
            datasource: 'main',
            schema: { fields: fields.slice(0, 5), primaryKey: 'id' },
          },
        ],
      },
      policies: [resourcePolicy('datatable:one', 'mail')],
    },
  });
  add('GET /:app/stats', {});
  add('GET /:app/datasources/:datasource/stats', { params: { datasource: 'main' } });
  add('GET /:app/datatables/stats', {});
  add('GET /:app/datasources', { query: { page_size: '2' } });
  add('POST /:app/datasources', {
    body: { name: 'Third', provider_type: 'jsonb', provider_config: { a: 1 } },
  });
  add('GET /:app/datasources/:datasource', { params: { datasource: 'main' } });
  add('PUT /:app/datasources/:datasource', {
    params: { datasource: 'side' },
    body: { name: 'side', provider_type: 'jsonb' },
  });
  add('PATCH /:app/datasources/:datasource', {
    params: { datasource: 'side' },
    body: { description: 'd' },
  });
  add('DELETE /:app/datasources/:datasource', { params: { datasource: 'gone' } });
  add('POST /:app/datasources/:datasource/restore', { params: { datasource: 'gone' } });
  add('GET /:app/roles', {});
  add('POST /:app/roles', { body: { name: 'writer', parent: 'reader', members: ['ann'] } });
  add('GET /:app/settings', {});
  add('PATCH /:app/settings', { body: { theme: 'light', bulk_limit: 500, allow_anonymous: true } });
  add('GET /:app/policies', {});
  add('POST /:app/policies', { body: resourcePolicy('datatable:spare') });
  add('GET /:app/policies/:id', { params: { id: 'datatable:items:default' } });
  add('PUT /:app/policies/:id', {
    params: { id: 'datatable:spare:default' },
    body: resourcePolicy('datatable:spare'),
  });
  addBoth(
    'DELETE /:app/policies/:id',
    [{ params: { id: 'principal:somebody:default' } }],
    [{ params: { id: 'datatable:spare:default' } }],
  );
  add('POST /:app/policies/:id/enable', { params: { id: 'datatable:spare:default' } });
  add('POST /:app/policies/:id/disable', { params: { id: 'datatable:spare:default' } });
  add('POST /:app/check/resources', {
    body: {
      resources: [
        {
          resource: { kind: 'datatable', id: 'items', attr: { owner: 'all' } },
          actions: ['read', 'update'],
        },
        { resource: { kind: 'datatable:items', id: '1' }, actions: ['read'] },
      ],
    },
  });
  add(`POST ${tables}/validate_schema`, {
    body: { name: 'p', resources: [{ name: 'r1', schema }] },
  });
  add(`POST ${tables}/create_schema`, {
    body: {
      name: 'p',
      resources: [
        { name: 'r1', schema: { fields: fields.slice(0, 5), primaryKey: 'id' } },
        {
          name: 'r2',
          schema: {
            fields: [
              { name: 'id', type: 'integer' },
              { name: 'r', type: 'integer' },
            ],
            primaryKey: 'id',
            foreignKeys: [{ fields: 'r', reference: { resource: 'r1', fields: 'id' } }],
          },
        },
      ],
    },
  });
  add(`GET ${tables}`, {});
  add('GET /:app/datasources/:datasource/datatables', { params: { datasource: 'main' } });
  add(`POST ${tables}`, { body: { name: 'fresh_t', datasource: 'main', json_schema: schema } });
  add('POST /:app/datasources/:datasource/datatables', {
    params: { datasource: 'side' },
    body: { name: 'fresh_u', json_schema: { fields: fields.slice(0, 5), primaryKey: 'id' } },
  });
  add(`GET ${tables}/:table`, { params: items });
  add(`PUT ${tables}/:table`, {
    params: { table: 'spare' },
    query: { allow_data_loss: 'true' },
    body: {
      name: 'spare',
      json_schema: {
        fields: [
          { name: 'id', type: 'integer' },
          { name: 'name', type: 'string' },
          { name: 'is_deleted', type: 'boolean' },
          { name: 'n', type: 'integer' },
        ],
        primaryKey: 'id',
      },
    },
  });
  add(`PATCH ${tables}/:table`, {
    params: { table: 'spare' },
    query: { dry_run: 'true' },
    body: {
      json_schema: {
        fields: [
          { name: 'id', type: 'integer' },
          { name: 'title', type: 'string', 'x-rename-from': 'name' },
          { name: 'is_deleted', type: 'boolean' },
        ],
        primaryKey: 'id',
      },
    },
  });
  addBoth(
    `DELETE ${tables}/:table`,
    [{ params: { table: 'spare' } }],
    [{ params: { table: 'lesser' } }],
  );
  add(`GET ${tables}/:table/schema`, { params: items });
  add(`POST ${tables}/:table/materialize`, { params: { table: 'later' } });
  add(`POST ${tables}/:table/restore`, { params: { table: 'spare' } });
  add(`GET ${tables}/:table/operations`, { params: { table: 'spare' } });
  add(`GET ${tables}/:table/operations/:revision`, {
    params: { table: 'spare', revision: at.revision },
  });
  add(`POST ${tables}/:table/rollback`, {
    params: { table: 'spare' },
    body: { revision_id: at.revision },
  });
  add(
    `POST ${data}/import`,
    {
      params: items,
      file: { type: 'text/csv', text: 'id,name,price,owner\n,"a, ""b""",1.5,all\n' },
    },
    {
      params: items,
      query: { mode: 'upsert', unique_fields: 'id', on_error: 'skip' },
      file: { type: 'application/json', text: '[{"id":1,"name":"x","more":{"a":1}},{"id":"y"}]' },
    },
    {
      params: items,
      query: { dry_run: 'true' },
      file: { type: 'application/x-ndjson', text: '{"name":"x"}\n{"name":"y"}\n' },
    },
    {
      params: items,
      file: {
        type: 'multipart/form-data; boundary=b',
        text: '--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\nContent-Type: text/csv\r\n\r\nname\nx\r\n--b--\r\n',
      },
    },
  );
  add(
    `GET ${tables}/:table/export`,
    { params: items, query: { format: 'csv', fields: 'id,name', ordering: '-id' } },
    { params: items, query: { format: 'datapackage' } },
    { params: { table: 'bag' }, query: { format: 'ndjson' } },
  );
  add(`POST ${tables}/:table/validate`, {
    params: items,
    body: { data: [{ name: 'x', price: 1 }] },
  });
  add(
    `GET ${data}`,
    { params: items },
    {
      params: items,
      query: { filters: JSON.stringify(tree), ordering: '-price', populate: 'customer_id' },
    },
    {
      params: items,
      query: {
        _aggregate: 'count(*),sum(price) as s',
        _group_by: "fine,date_trunc('month', at)",
        _having: 'count__gte=1',
      },
    },
    { params: items, query: { search: 'first', allowed_actions: 'update' } },
    { params: { table: 'staff' }, query: { format: 'graph', include: 'both', depth: '3' } },
    { params: { table: 'bag' }, query: { name__contains: 'e' } },
    { params: { table: 'customers' }, query: { populate: 'items' } },
  );
  add(
    `POST ${data}`,
    {
      params: items,
      body: {
        name: 'n',
        price: 2.5,
        at: '2024-01-01T00:00:00Z',
        on: '2024-02-29',
        tags: [1, 'a'],
        more: { a: null },
        customer_id: 1,
        owner: 'all',
      },
    },
    {
      params: items,
      body: [
        { name: 'a', owner: 'all' },
        { name: 'b', owner: 'all' },
      ],
    },
    { params: { table: 'bag' }, body: { name: 'b', owner: 'all' } },
  );
  add(`PATCH ${data}`, {
    params: items,
    body: [
      { id: 1, name: 'p' },
      { id: 2, price: 3 },
    ],
  });
  add(
    `DELETE ${data}`,
    { params: items, query: { filter: JSON.stringify({ name: 'b' }) } },
    { params: items, query: { ids: '77,78' } },
  );
  add(`POST ${data}/upsert`, {
    params: items,
    query: { unique_fields: 'id' },
    body: [{ id: 1, name: 'u', owner: 'all' }],
  });
  add(
    `GET ${data}/:id`,
    { params: { ...items, id: '1' }, query: { populate: '*' } },
    { params: { table: 'staff', id: '1' }, query: { format: 'tree', depth: '4' } },
    { params: { table: 'staff', id: '3' }, query: { format: 'path', to: '1' } },
  );
  add(`PATCH ${data}/:id`, {
    params: { ...items, id: '1' },
    body: { name: 'q', more: { b: [1] } },
  });
  add(`PUT ${data}/:id`, { params: { ...items, id: '2' }, body: { name: 'r', owner: 'all' } });
  addBoth(
    `DELETE ${data}/:id`,
    [{ params: { ...items, id: '2' } }],
    [{ params: { ...items, id: '3' } }],
  );
  addBoth(
    `POST ${data}/:id/restore`,
    [{ params: { table: 'spare', id: '1' } }],
    [{ params: { table: 'spare', id: '2' } }],
  );
  add(`GET ${data}/:id/history`, { params: { ...items, id: '1' } });
  add(`GET ${tables}/:table/audit`, { params: items, query: { record_id: '1' } });
  add(`GET ${tables}/:table/edges`, { params: { table: 'staff' } });
  add(`POST ${tables}/:table/edges`, {
    params: { table: 'staff' },
    body: [{ from_id: 3, to_id: 1, type: 'parent', metadata: { cost: 2 } }],
  });
  add(`PATCH ${tables}/:table/edges/:id`, {
    params: { table: 'staff', id: at.edge },
    body: { metadata: { cost: 3 } },
  });
  add(`DELETE ${tables}/:table/edges`, {
    params: { table: 'staff' },
    body: { edge_ids: [at.edge] },
  });
  return all;
}
