/** Requests that the document of the Monk dialect allows, and their replies, held against it. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '../../control-plane/model/principal.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { against, type Documented, documentOf, operationsOf } from '../support/documented.ts';
import { principal } from '../support/principal.ts';

let database: TestDatabase;
let app: TestApp;
let tenant: string;
let root: Principal;
let api: Documented;

beforeAll(async () => {
  database = await createDatabase();
  app = await startApp(database, { ROWHOUSE_OPEN_REGISTRATION: 'true' });
  tenant = await app.createTenant('acme');
  root = principal(tenant, 'boss', { access: 'root', sudo: true });
  api = against(app, await documentOf(app), root);
});

const data = <T = Record<string, string>>(reply: { body: unknown }) =>
  (reply.body as { data: T }).data;

describe('the routes for any schema', () => {
  it('accounts', async () => {
    const slug = database.slug('fresh');
    const body = { tenant: slug, username: 'ann', password: 'pw' };
    await api.call('POST', '/auth/register', { body });
    const { token = '' } = data(await api.call('POST', '/auth/login', { body }));
    await api.call('POST', '/auth/refresh', { body: { token } });
    const { tenant: _, ...operator } = principal('', 'op', { operator: true });
    await api.call('GET', '/auth/tenants', { as: operator });
    await api.call('GET', '/auth/templates');
    await api.call('GET', '/api/auth/whoami', { token });
    await api.call('POST', '/api/auth/sudo', { token, body: { reason: 'audit' } });
    const user = { name: 'Bob', auth: 'bob', access: 'full', password: 'pw' };
    const { id } = data(await api.call('POST', '/api/sudo/users', { token, body: user }));
    await api.call('GET', '/api/sudo/users', { token });
    await api.call('GET', `/api/sudo/users/${id}`, { token });
    await api.call('PATCH', `/api/sudo/users/${id}`, { token, body: { access: 'read' } });
    await api.call('DELETE', `/api/sudo/users/${id}`, { token });
    await api.refused('POST', '/auth/login', { body: { ...body, password: 'no' } });
  });

  it('definitions', async () => {
    const columns = [
      { column_name: 'title', type: 'text', required: true, tracked: true, searchable: true },
      { column_name: 'pages', type: 'integer', minimum: 1 },
      { column_name: 'price', type: 'decimal' },
      { column_name: 'tags', type: 'text[]' },
      { column_name: 'extra', type: 'jsonb' },
      { column_name: 'out_on', type: 'date' },
      { column_name: 'kind', type: 'text', enum_values: ['novel', 'poem'] },
    ];
    await api.call('POST', '/api/describe/books', { body: { status: 'active', columns } });
    await api.call('POST', '/api/describe/notes', {
      body: {
        columns: [
          { column_name: 'text', type: 'text' },
          {
            column_name: 'book_id',
            type: 'uuid',
            relationship_type: 'owned',
            related_schema: 'books',
            relationship_name: 'notes',
          },
        ],
      },
    });
    await api.call('GET', '/api/describe');
    await api.call('GET', '/api/describe/notes');
    await api.call('PUT', '/api/describe/notes', { body: { description: 'Said of books' } });
    await api.call('POST', '/api/describe/notes/stars', { body: { type: 'integer' } });
    await api.call('GET', '/api/describe/notes/stars');
    await api.call('GET', '/api/describe/notes/book_id');
    await api.call('PUT', '/api/describe/notes/stars', { body: { maximum: 5 } });
    await api.call('DELETE', '/api/describe/notes/stars');
    await api.call('POST', '/api/describe/gone', { body: {} });
    await api.call('DELETE', '/api/describe/gone');
    await api.refused('POST', '/api/describe/books/title', { body: { type: 'text' } });
    await api.refused('GET', '/api/describe/nothing');
  });

  it('records', async () => {
    const emma = { title: 'Emma', pages: 474, price: 9.5, tags: ['a'], extra: { x: 1 } };
    const one = data(await api.call('POST', '/api/data/books', { body: emma }));
    const many = [{ title: 'Persuasion' }, { title: 'Lady Susan', kind: 'novel' }];
    const [second, third] = data<{ id: string }[]>(
      await api.call('POST', '/api/data/books', { body: many }),
    );
    const path = `/api/data/books/${one['id']}`;
    await api.call('GET', '/api/data/books?order=title%20desc&limit=2&count=true');
    await api.call('GET', `/api/data/books?after=${one['id']}&where=%7B%22pages%22%3A474%7D`);
    await api.call('GET', `${path}?include_trashed=true`);
    await api.call('PUT', path, { body: { pages: 475 } });
    await api.call('PATCH', path, { body: { pages: 476 } });
    await api.call('PUT', '/api/data/books?where=%7B%7D', { body: { kind: 'novel' } });
    await api.call('PUT', '/api/data/books', { body: [{ id: second?.id, pages: 3 }] });
    await api.call('PATCH', '/api/data/books', { body: [{ id: second?.id, pages: 4 }] });
    const find = { where: { title: { $like: '%a%' } }, order: [{ title: 'desc' }], count: true };
    await api.call('POST', '/api/find/books', { body: find });
    await api.call('POST', '/api/find/books', { body: [one['id']] });
    const sums = { aggregate: { n: { $count: '*' }, m: { $avg: 'pages' } }, groupBy: 'kind' };
    await api.call('POST', '/api/aggregate/books', { body: sums });
    const operations = [
      { operation: 'count', schema: 'books' },
      { operation: 'update', schema: 'books', id: second?.id, data: { pages: 5 } },
    ];
    await api.call('POST', '/api/bulk', { body: { operations } });
    await api.call('DELETE', `/api/data/books/${third?.id}`);
    await api.call('GET', '/api/trashed');
    await api.call('GET', '/api/trashed/books');
    await api.call('GET', `/api/trashed/books/${third?.id}`);
    await api.call('POST', `/api/trashed/books/${third?.id}`);
    await api.call('DELETE', '/api/data/books', { body: [third?.id] });
    await api.call('POST', '/api/trashed/books', { body: [third?.id] });
    await api.call('DELETE', `/api/data/books/${third?.id}`);
    await api.call('DELETE', `/api/trashed/books/${third?.id}`);
    await api.call('DELETE', '/api/data/books?where=%7B%22title%22%3A%22Persuasion%22%7D');
    await api.call('DELETE', '/api/trashed/books', { body: [second?.id] });
    await api.refused('POST', '/api/data/books', { body: { nothing: 1 } });
    await api.refused('GET', '/api/data/books?limit=many');
  });

  it('related records', async () => {
    const { id } = data(await api.call('POST', '/api/data/books', { body: { title: 'Sanditon' } }));
    const notes = `/api/data/books/${id}/notes`;
    const note = data(await api.call('POST', notes, { body: { text: 'unfinished' } }));
    await api.call('GET', `${notes}?limit=1`);
    await api.call('GET', `${notes}/${note['id']}`);
    await api.call('PUT', `${notes}/${note['id']}`, { body: { text: 'begun' } });
    await api.call('PATCH', `${notes}/${note['id']}`, { body: { text: 'begun in 1817' } });
    await api.call('DELETE', `${notes}/${note['id']}`);
    await api.call('POST', notes, { body: { text: 'short' } });
    await api.call('DELETE', notes);
    await api.refused('GET', `/api/data/books/${id}/authors`);
  });

  it('access, times and history', async () => {
    const { id } = data(await api.call('POST', '/api/data/books', { body: { title: 'Evelyn' } }));
    const acls = `/api/acls/books/${id}`;
    await api.call('GET', acls);
    await api.call('POST', acls, { body: { access_read: ['ada'] } });
    await api.call('PUT', acls, { body: { access_edit: ['ada'] } });
    await api.call('DELETE', acls);
    const add = { where: { id }, acl_update: { access_read: { $add: ['bob'] } } };
    await api.call('POST', '/api/acls/books', { body: add });
    const replace = { where: { id }, acl_update: { access_read: [] } };
    await api.call('PUT', '/api/acls/books', { body: replace });
    await api.call('GET', `/api/stat/books/${id}`);
    await api.call('PUT', `/api/data/books/${id}`, { body: { title: 'Evelyn, or a tale' } });
    const [last] = data<{ change_id: number }[]>(await api.call('GET', `/api/history/books/${id}`));
    await api.call('GET', `/api/history/books/${id}/${last?.change_id}`);
    await api.refused('POST', acls, { body: {} });
  });

  it('all of them have been called', () => {
    const own = operationsOf(api.document).filter(({ tags }) => tags[0] === 'monk');
    expect(own.length).toBeGreaterThan(50);
    expect(own.map(({ operationId }) => operationId).filter((id) => !api.met.has(id))).toEqual([]);
  });
});

describe('the routes of a schema', () => {
  let books: Documented;

  beforeAll(async () => {
    books = against(app, await documentOf(app, root), root);
  });

  it('say what is in a record', async () => {
    const emma = {
      title: 'Catharine',
      pages: 80,
      price: 1.25,
      tags: ['x', 'y'],
      out_on: '1792-01-01',
      kind: 'novel',
      access_read: ['ada'],
    };
    const { id } = data(await books.call('POST', '/api/data/books', { body: emma }));
    await books.call('POST', '/api/data/books', { body: [{ title: 'Juvenilia' }] });
    await books.call('GET', '/api/data/books?limit=5&count=true');
    await books.call('POST', '/api/find/books', { body: { where: { kind: 'novel' }, limit: 3 } });
    await books.call('POST', '/api/aggregate/books', {
      body: { aggregate: { n: { $count: '*' } } },
    });
    await books.call('GET', `/api/data/books/${id}`);
    await books.call('PUT', `/api/data/books/${id}`, { body: { pages: null } });
    const where = encodeURIComponent(JSON.stringify({ title: 'Juvenilia' }));
    await books.call('PUT', `/api/data/books?where=${where}`, { body: { pages: 2 } });
    await books.call('DELETE', `/api/data/books?where=${where}`);
    await books.call('DELETE', `/api/data/books/${id}`);
    const own = operationsOf(books.document).filter(({ tags }) => tags[0] === 'monk: Books');
    expect(own.map(({ operationId }) => operationId).filter((id) => !books.met.has(id))).toEqual(
      [],
    );
  });

  it('tell rules of columns that requests must meet', async () => {
    const wrong = [
      { pages: 3 },
      { title: 'x', pages: 0 },
      { title: 'x', kind: 'essay' },
      { odd: 1 },
    ];
    for (const body of wrong) {
      await books.refused('POST', '/api/data/books', { body });
      await expect(books.call('POST', '/api/data/books', { body })).rejects.toThrow(/must/);
    }
  });
});
