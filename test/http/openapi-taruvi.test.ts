/** Requests that the document of the Taruvi dialect allows, and their replies, held against it. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '../../control-plane/model/principal.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { createDatabase } from '../support/database.ts';
import { against, type Documented, documentOf, operationsOf } from '../support/documented.ts';
import { principal } from '../support/principal.ts';

let app: TestApp;
let tenant: string;
let root: Principal;
let api: Documented;

beforeAll(async () => {
  const database = await createDatabase();
  app = await startApp(database);
  tenant = await app.createTenant('acme');
  root = principal(tenant, 'boss', { access: 'root' });
  api = against(app, await documentOf(app), root);
});

const schema = {
  fields: [
    { name: 'id', type: 'integer' },
    { name: 'title', type: 'string', constraints: { required: true, maxLength: 40 } },
    { name: 'pages', type: 'integer', constraints: { minimum: 1 } },
    { name: 'price', type: 'number' },
    { name: 'out on', type: 'date' },
    { name: 'seen', type: 'datetime' },
    { name: 'tags', type: 'array', arrayItem: { type: 'string' } },
    { name: 'extra', type: 'object' },
    { name: 'is_deleted', type: 'boolean', constraints: { required: true }, default: false },
  ],
  primaryKey: 'id',
  search_fields: ['title'],
};
const nodes = {
  fields: [
    { name: 'id', type: 'integer' },
    { name: 'name', type: 'string' },
  ],
  primaryKey: 'id',
  hierarchy: true,
};

/** The two forms of addresses of tables. */
const forms = ['', '/datasources/default'];

describe('definitions', () => {
  it('apps and datasources', async () => {
    await api.call('POST', '/api/apps', { body: { name: 'Shop' } });
    const one = '/api/apps/shop';
    await api.call('GET', '/api/apps?page_size=5');
    await api.call('GET', one);
    await api.call('PUT', one, { body: { name: 'The shop', description: 'Sells' } });
    await api.call('PATCH', one, { body: { settings: { default_policy: 'authenticated' } } });
    await api.call('DELETE', one);
    await api.call('POST', `${one}/restore`);
    await api.call('GET', `${one}/stats`);
    const sources = `${one}/datasources`;
    const body = { name: 'default', provider_type: 'flat_table' };
    await api.call('POST', sources, { body });
    await api.call('POST', sources, { body: { name: 'Other', provider_type: 'jsonb' } });
    await api.call('GET', sources);
    await api.call('GET', `${sources}/other`);
    await api.call('PUT', `${sources}/other`, { body: { name: 'Others' } });
    await api.call('PATCH', `${sources}/other`, { body: { description: 'The rest' } });
    await api.call('GET', `${sources}/other/stats`);
    await api.call('DELETE', `${sources}/other`);
    await api.call('POST', `${sources}/other/restore`);
    const exported = await api.call('GET', `${one}/export`);
    const copy = exported.body as { app: object };
    const imported = { ...copy, app: { ...copy.app, name: 'Copy', slug: 'copy' } };
    await api.call('POST', '/api/apps/import', { body: imported });
    await api.refused('GET', '/api/apps/nothing');
  });

  it('roles, settings and policies', async () => {
    const one = '/api/apps/shop';
    await api.call('POST', `${one}/roles`, { body: { name: 'editor', members: ['ada'] } });
    await api.call('POST', `${one}/roles`, { body: { name: 'editor', members: ['bob'] } });
    await api.call('GET', `${one}/roles?limit=5`);
    await api.call('GET', `${one}/settings`);
    await api.call('PATCH', `${one}/settings`, { body: { bulk_limit: 500 } });
    const policy = {
      apiVersion: 'api.cerbos.dev/v1',
      resourcePolicy: {
        resource: 'datatable:authors',
        version: 'default',
        rules: [{ actions: ['read'], effect: 'EFFECT_ALLOW', roles: ['*'] }],
      },
    };
    const headers = { 'x-app-slug': 'shop' };
    for (const [base, options] of [
      [`${one}/policies`, {}],
      ['/api/data/policies', { headers }],
    ] as const) {
      const id = `${base}/datatable:authors:default`;
      await api.call('POST', base, { ...options, body: policy });
      await api.call('GET', base, options);
      await api.call('GET', id, options);
      await api.call('PUT', id, { ...options, body: policy });
      await api.call('POST', `${id}/disable`, options);
      await api.call('POST', `${id}/enable`, options);
      await api.call('DELETE', id, options);
    }
    const resource = { kind: 'datatable', id: 'authors' };
    const resources = [{ resource, actions: ['read', 'create'] }];
    await api.call('POST', `${one}/check/resources`, { body: { resources } });
    await api.refused('POST', `${one}/policies`, { body: {} });
  });

  it.each(forms)('tables%s', async (form) => {
    const tables = `/api/apps/shop${form}/datatables`;
    const name = form === '' ? 'books' : 'books_too';
    const one = `${tables}/${name}`;
    const plain = { ...schema, search_fields: undefined };
    const json_schema = JSON.parse(JSON.stringify(form === '' ? schema : plain));
    await api.call('POST', tables, { body: { name, json_schema, audit_enabled: true } });
    await api.call('GET', `${tables}?page_size=10`);
    await api.call('GET', one);
    await api.call('GET', `${one}/schema`);
    const fields = [...schema.fields, { name: 'more', type: 'string' }];
    const next = { ...json_schema, fields };
    await api.call('PUT', `${one}?dry_run=true`, { body: { name, json_schema: next } });
    await api.call('PATCH', one, { body: { json_schema: next } });
    const listed = await api.call('GET', `${one}/operations`);
    const [last] = listed.body as { revision_id: string }[];
    const body = { revision_id: last?.revision_id };
    await api.call('GET', `${one}/operations/${body.revision_id}`);
    await api.call('POST', `${one}/rollback`, { body });
    await api.call('POST', `${one}/materialize`);
    await api.call('POST', `${one}/validate`, { body: { data: [{ pages: 0 }] } });
    await api.call('DELETE', one);
    await api.call('POST', `${one}/restore`);
    await api.refused('POST', tables, { body: { name: 'x', json_schema: { fields: 1 } } });
  });

  it('packages', async () => {
    const tables = '/api/apps/shop/datatables';
    await api.call('GET', `${tables}/stats`);
    await api.call('POST', `${tables}/validate_schema`, { body: { json_schema: { fields: [] } } });
    const resources = [{ name: 'people', schema: nodes }];
    await api.call('POST', `${tables}/create_schema`, { body: { resources } });
  });
});

describe('rows', () => {
  it.each(forms)('of any table%s', async (form) => {
    const one = `/api/apps/shop${form}/datatables/${form === '' ? 'books' : 'books_too'}`;
    const data = `${one}/data`;
    await api.call('POST', data, { body: { id: 1, title: 'Emma', pages: 474 } });
    await api.call('POST', data, {
      body: [
        { id: 2, title: 'Persuasion' },
        { id: 3, title: 'x' },
      ],
    });
    await api.call('GET', `${data}?pages__gt=3&ordering=-title&page_size=2`);
    await api.call('GET', `${data}?_aggregate=count(*)&_group_by=pages`);
    await api.call('GET', `${data}?fields=title&allowed_actions=update&_count=true`);
    await api.call('GET', `${data}/1?allowed_actions=delete`);
    await api.call('PATCH', `${data}/1`, { body: { pages: 475 } });
    await api.call('PUT', `${data}/1`, { body: { title: 'Emma', pages: 476 } });
    await api.call('PATCH', data, { body: [{ id: 2, pages: 5 }] });
    await api.call('POST', `${data}/upsert?unique_fields=id`, { body: { id: 2, pages: 6 } });
    const csv = { raw: 'id,title\n7,Sanditon\n', headers: { 'content-type': 'text/csv' } };
    await api.call('POST', `${data}/import?dry_run=true`, csv);
    for (const format of ['csv', 'json', 'ndjson', 'datapackage']) {
      await api.call('GET', `${one}/export?format=${format}&pages__gt=0`);
    }
    await api.call('DELETE', `${data}/3`);
    await api.call('POST', `${data}/3/restore`);
    await api.call('GET', `${data}/1/history`);
    await api.call('GET', `${one}/audit?record_id=2`);
    await api.call('DELETE', `${data}?ids=2,3`);
    await api.refused('GET', `${data}?nothing=1`);
    await api.refused('POST', data, { body: { title: null } });
  });

  it.each(forms)('of a graph%s', async (form) => {
    const one = `/api/apps/shop${form}/datatables/people`;
    await api.call('POST', `${one}/data/upsert`, { body: [{ id: 1 }, { id: 2 }, { id: 3 }] });
    const edge = { from: 2, to: 1, type: 'parent' };
    const made = await api.call('POST', `${one}/edges`, { body: [edge] });
    const [{ id = '' } = {}] = (made.body as { data: { id: string }[] }).data;
    await api.call('GET', `${one}/edges?limit=3`);
    await api.call('PATCH', `${one}/edges/${id}`, { body: { metadata: { since: 2020 } } });
    for (const traversal of ['flat', 'tree', 'graph', 'path&to=1']) {
      await api.call('GET', `${one}/data/2?format=${traversal}&include=ancestors`);
    }
    await api.call('GET', `${one}/data?format=graph&include=both&depth=2`);
    await api.call('DELETE', `${one}/edges`, { body: { edge_ids: [id] } });
  });

  it('every route has been called', () => {
    const own = operationsOf(api.document).filter(({ tags }) => tags[0] === 'taruvi');
    expect(own.length).toBeGreaterThan(100);
    expect(own.map(({ operationId }) => operationId).filter((id) => !api.met.has(id))).toEqual([]);
  });

  it('of one table, with its columns', async () => {
    const books = against(app, await documentOf(app, root, '?dialect=taruvi'), root);
    const data = '/api/apps/shop/datatables/books/data';
    const row = {
      id: 20,
      title: 'Lady Susan',
      pages: 100,
      price: 2.5,
      'out on': '1871-01-01',
      seen: '2025-01-01T10:00:00Z',
      tags: ['letters'],
      extra: { x: [1] },
    };
    await books.call('POST', data, { body: row });
    await books.call('POST', data, { body: [{ id: 21, title: 'Watsons' }] });
    await books.call('GET', `${data}?title=Watsons&limit=2`);
    await books.call('GET', `${data}?search=susan`);
    await books.call('GET', `${data}/20`);
    await books.call('PATCH', `${data}/20`, { body: { pages: null } });
    await books.call('PUT', `${data}/20`, { body: { title: 'Lady S.' } });
    await books.call('POST', `${data}/upsert`, { body: { id: 21, pages: 9 } });
    await books.call('DELETE', `${data}/20`);
    await books.call('DELETE', `${data}?ids=21`);
    const own = operationsOf(books.document).filter(({ tags }) => tags[0] === 'taruvi: ShopBooks');
    expect(own.map(({ operationId }) => operationId).filter((id) => !books.met.has(id))).toEqual(
      [],
    );
    for (const body of [{ id: 1 }, { title: 'x', pages: 0 }, { title: 'x', odd: 1 }]) {
      await books.refused('POST', data, { body });
      await expect(books.call('POST', data, { body })).rejects.toThrow(/must/);
    }
  });
});
