/** What people build with it, each from nothing over HTTP: a blog, a shop, a dashboard, a social feed, an org chart, sensors, a project tracker. */
import { beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { principal } from '../../support/principal.ts';
import { type Row, type Taruvi, taruvi } from '../../support/taruvi.ts';

let app: TestApp;
let tenant: string;
let maker: Taruvi;

beforeAll(async () => {
  app = await startApp(await createDatabase());
  tenant = await app.createTenant('cases');
  maker = taruvi(app, principal(tenant, 'maker', { access: 'full' }));
});

/** An app of its own with the tables of a Data Package; answers with the path of its tables. */
async function build(name: string, resources: readonly object[]): Promise<string> {
  const made = await maker.send('POST', '/', { name });
  expect(made.status, made.text).toBe(201);
  const { slug } = made.body as { slug: string };
  const tables = `/${slug}/datatables`;
  const built = await maker.send('POST', `${tables}/create_schema/`, { resources });
  expect(built.body, built.text).toMatchObject({ created_count: resources.length, error_count: 0 });
  return tables;
}

const table = (
  name: string,
  fields: readonly object[],
  more: object = {},
  beside: object = {},
) => ({
  name,
  schema: { fields: [{ name: 'id', type: 'integer' }, ...fields], ...more },
  ...beside,
});

const key = (fields: string, resource: string, onDelete = 'NO ACTION') => ({
  fields,
  reference: { resource, fields: 'id' },
  'x-actions': { onDelete },
});

const text = (name: string, more: object = {}) => ({ name, type: 'string', ...more });
const number = (name: string) => ({ name, type: 'integer' });
const time = (name: string) => ({ name, type: 'datetime' });

const put = async (path: string, row: object): Promise<Row> =>
  (await maker.call('POST', `${path}/data/`, row, 201)).data as Row;

describe('the five calls of the quick start', () => {
  it('make an app, a datasource and a table, and rows in it', async () => {
    const made = await maker.send('POST', '/', {
      name: 'My Application',
      description: 'My awesome application',
    });
    expect(made.body).toMatchObject({
      name: 'My Application',
      slug: 'my-application',
      datasource_count: 0,
      table_count: 0,
    });
    const source = await maker.send('POST', '/my-application/datasources/', {
      name: 'Users Database',
      slug: 'users-db',
      provider_type: 'flat_table',
    });
    expect(source.status, source.text).toBe(201);
    const defined = await maker.send('POST', '/my-application/datasources/users-db/datatables/', {
      name: 'users',
      json_schema: {
        fields: [
          { name: 'id', type: 'integer', constraints: { required: true, unique: true } },
          { name: 'email', type: 'string', format: 'email', constraints: { required: true } },
          { name: 'name', type: 'string', constraints: { required: true } },
          { name: 'created_at', type: 'datetime' },
        ],
        primaryKey: ['id'],
      },
    });
    expect(defined.status, defined.text).toBe(201);
    const users = '/my-application/datatables/users';
    const user = await put(users, { email: 'john@example.com', name: 'John' });
    expect(user).toMatchObject({ id: 1, email: 'john@example.com' });
    expect(typeof user['created_at']).toBe('string');
    await maker.refused(400, 'VALIDATION_ERROR', 'POST', `${users}/data/`, {
      email: 'x',
      name: 'x',
    });
    expect(await maker.rows(`${users}/data/?email__contains=EXAMPLE.com`)).toHaveLength(1);
  });
});

describe('a blog', () => {
  it('publishes a draft, finds it by its words, and lists it with its author', async () => {
    const at = await build('Blog', [
      table('authors', [text('username')]),
      table(
        'posts',
        [
          text('title'),
          text('content'),
          number('author_id'),
          text('status', {
            default: 'draft',
            constraints: { enum: ['draft', 'review', 'published'] },
          }),
          time('created_at'),
          time('published_at'),
        ],
        { foreignKeys: [key('author_id', 'authors')], 'x-soft-delete': true },
        { search_fields: ['title', { field: 'content', weight: 'C' }], audit_enabled: true },
      ),
    ]);
    await put(`${at}/authors`, { username: 'ada' });
    const draft = await put(`${at}/posts`, {
      title: 'Getting Started',
      content: 'In this guide, we will learn of tables.',
      author_id: 1,
      created_at: '2024-01-15T10:00:00Z',
    });
    expect(draft).toMatchObject({ status: 'draft', created_at: '2024-01-15T10:00:00Z' });
    await put(`${at}/posts`, { title: 'Other', content: 'Tables started', author_id: 1 });
    const change = { status: 'published', published_at: '2024-01-15T12:00:00Z' };
    await maker.call('PATCH', `${at}/posts/data/${draft['id']}/`, change);
    expect(
      await maker.rows(`${at}/posts/data/?status=published&populate=author&ordering=-published_at`),
    ).toMatchObject([{ title: 'Getting Started', author: { username: 'ada' } }]);
    const found = await maker.rows(`${at}/posts/data/?search=started%20table`);
    expect(found.map(({ title }) => title)).toEqual(['Getting Started', 'Other']);
    await maker.refused(400, 'VALIDATION_ERROR', 'PATCH', `${at}/posts/data/${draft['id']}/`, {
      status: 'gone',
    });
    await maker.call('DELETE', `${at}/posts/data/${draft['id']}/`);
    expect(await maker.rows(`${at}/posts/data/?status=published`)).toEqual([]);
    expect(
      await maker.rows(`${at}/posts/data/?status=published&include_deleted=true`),
    ).toHaveLength(1);
  });
});

describe('a shop', () => {
  it('finds products by attributes that no schema knows, and sums what was sold', async () => {
    const at = await build('Shop', [
      table('categories', [text('name')]),
      table(
        'products',
        [
          text('name'),
          text('sku', { constraints: { unique: true } }),
          { name: 'price', type: 'number', constraints: { minimum: 0 } },
          number('category_id'),
          { name: 'attributes', type: 'object' },
        ],
        {
          foreignKeys: [key('category_id', 'categories')],
          indexes: [{ name: 'attributes', fields: ['attributes'], method: 'gin' }],
        },
      ),
      table('lines', [number('product_id'), number('quantity')], {
        foreignKeys: [key('product_id', 'products', 'CASCADE')],
      }),
    ]);
    await put(`${at}/categories`, { name: 'Audio' });
    const attributes = { color: 'black', bluetooth: '5.0', noise_cancelling: true };
    const phones = {
      name: 'Wireless Headphones Pro',
      sku: 'WHP-PRO-001',
      price: 199.99,
      category_id: 1,
    };
    await put(`${at}/products`, { ...phones, attributes });
    await put(`${at}/products`, {
      ...phones,
      sku: 'X',
      price: 300,
      attributes: { ...attributes, color: 'red' },
    });
    const query =
      'attributes.color=black&attributes.noise_cancelling=true&price__lte=250&populate=category';
    expect(await maker.rows(`${at}/products/data/?${query}`)).toMatchObject([
      { sku: 'WHP-PRO-001', price: 199.99, attributes, category: { name: 'Audio' } },
    ]);
    await maker.refused(409, 'CONFLICT', 'POST', `${at}/products/data/`, phones);
    await maker.call(
      'POST',
      `${at}/lines/data/`,
      [1, 2, 2].map((product_id) => ({ product_id, quantity: 2 })),
      201,
    );
    expect(
      await maker.rows(
        `${at}/lines/data/?_aggregate=sum(quantity)%20as%20sold&_group_by=product_id&_having=sold__gt=2`,
      ),
    ).toEqual([{ product_id: 2, sold: 4 }]);
    expect(
      await maker.rows(`${at}/products/data/?lines.quantity__gte=2&sku=X&populate=lines`),
    ).toMatchObject([{ lines: [{ quantity: 2 }, { quantity: 2 }] }]);
  });
});

describe('a dashboard of sensors', () => {
  it('takes readings by the thousand and answers by the hour of a zone', async () => {
    const at = await build('Sensors', [
      table('readings', [text('device'), { name: 'value', type: 'number' }, time('at')], {
        indexes: [{ name: 'at', fields: ['at'], method: 'brin' }],
      }),
    ]);
    const start = Date.parse('2024-03-31T00:00:00Z');
    const rows = Array.from({ length: 720 }, (_, minute) => ({
      device: minute % 2 ? 'b' : 'a',
      value: minute / 4,
      at: new Date(start + minute * 60_000).toISOString(),
    }));
    await maker.call('POST', `${at}/readings/data/`, rows, 201);
    const group = encodeURIComponent(
      "device,date_trunc('hour', at AT TIME ZONE 'Europe/Berlin') as hour",
    );
    const aggregate = encodeURIComponent('count(*),avg(value) as mean,max(value)');
    const found = await maker.rows(
      `${at}/readings/data/?device=a&_aggregate=${aggregate}&_group_by=${group}&ordering=hour&limit=3`,
    );
    // Berlin springs from 02:00 to 03:00 that night: 00:00 and 01:00 UTC are 01:00 and 03:00 there.
    expect(
      found.map(({ hour, count, mean, max_value }) => [
        String(hour).slice(0, 13),
        count,
        mean,
        max_value,
      ]),
    ).toEqual([
      ['2024-03-31T01', 30, 7.25, 14.5],
      ['2024-03-31T03', 30, 22.25, 29.5],
      ['2024-03-31T04', 30, 37.25, 44.5],
    ]);
  });
});

describe('a social feed', () => {
  it('shows posts with their people and comments, and who is a friend of a friend', async () => {
    const at = await build('Social', [
      table(
        'users',
        [text('username')],
        {},
        { graph: { enabled: true, types: [{ name: 'follows', inverse: 'followers' }] } },
      ),
      table('posts', [number('user_id'), text('content'), time('created_at')], {
        foreignKeys: [key('user_id', 'users')],
      }),
      table('comments', [number('post_id'), number('user_id'), text('content')], {
        foreignKeys: [key('post_id', 'posts', 'CASCADE'), key('user_id', 'users')],
      }),
    ]);
    await maker.call(
      'POST',
      `${at}/users/data/`,
      ['ann', 'bob', 'cyd', 'dan'].map((username) => ({ username })),
      201,
    );
    const post = await put(`${at}/posts`, {
      user_id: 1,
      content: 'Look 🚀',
      created_at: '2024-01-15T14:30:00Z',
    });
    await put(`${at}/comments`, { post_id: post['id'], user_id: 2, content: 'Congrats!' });
    const feed = await maker.rows(
      `${at}/posts/data/?populate=user,comments.user&ordering=-created_at&page_size=10`,
    );
    expect(feed).toMatchObject([
      {
        content: 'Look 🚀',
        user: { username: 'ann' },
        comments: [{ content: 'Congrats!', user: { username: 'bob' } }],
      },
    ]);
    const edges = [
      [1, 2],
      [2, 3],
      [3, 4],
    ].map(([from_id, to_id]) => ({ from_id, to_id, type: 'follows' }));
    await maker.call('POST', `${at}/users/edges/`, edges, 201);
    const around = await maker.call(
      'GET',
      `${at}/users/data/1/?format=graph&include=ancestors&depth=2`,
    );
    const { nodes } = around.data as { nodes: Row[] };
    expect(nodes.map(({ username }) => username).sort()).toEqual(['ann', 'bob', 'cyd']);
    const path = await maker.call('GET', `${at}/users/data/1/?format=path&to=4`);
    expect(path.data).toMatchObject({
      length: 3,
      path: ['ann', 'bob', 'cyd', 'dan'].map((username) => ({ username })),
    });
  });
});

describe('an org chart', () => {
  it('is a tree from the top, and a chain of managers from below', async () => {
    const at = await build('Org', [table('people', [text('name')], {}, { hierarchy: true })]);
    await maker.call(
      'POST',
      `${at}/people/data/`,
      ['ceo', 'cto', 'dev', 'ops'].map((name) => ({ name })),
      201,
    );
    const edges = [
      [2, 1],
      [3, 2],
      [4, 2],
    ].map(([from, to]) => ({ from, to, type: 'parent' }));
    await maker.call('POST', `${at}/people/edges/`, edges, 201);
    const tree = await maker.call('GET', `${at}/people/data/1/?format=tree&depth=5`);
    expect(tree.data).toMatchObject([
      { name: 'ceo', children: [{ name: 'cto', children: [{ name: 'dev' }, { name: 'ops' }] }] },
    ]);
    expect(tree.total).toBe(4);
    await maker.refused(409, 'CONFLICT', 'POST', `${at}/people/edges/`, [
      { from: 1, to: 3, type: 'parent' },
    ]);
    expect(
      (await maker.rows(`${at}/people/data/?id__ancestors=3`)).map(({ name }) => name).sort(),
    ).toEqual(['ceo', 'cto']);
  });
});

describe('a project tracker', () => {
  it('filters tasks by their milestones, counts them, and moves them in one call', async () => {
    const at = await build('Projects', [
      table('milestones', [text('name'), { name: 'due', type: 'date' }]),
      table(
        'tasks',
        [
          text('title'),
          number('milestone_id'),
          text('state', { default: 'open' }),
          { name: 'labels', type: 'array', arrayItem: { type: 'string' } },
        ],
        { foreignKeys: [key('milestone_id', 'milestones')] },
      ),
      table('blocks', [number('task_id'), number('by_id')], {
        foreignKeys: [key('task_id', 'tasks', 'CASCADE'), key('by_id', 'tasks', 'CASCADE')],
        uniqueKeys: [['task_id', 'by_id']],
      }),
    ]);
    await maker.call(
      'POST',
      `${at}/milestones/data/`,
      [
        { name: 'beta', due: '2024-06-01' },
        { name: 'final', due: '2024-12-01' },
      ],
      201,
    );
    await maker.call(
      'POST',
      `${at}/tasks/data/`,
      [
        { title: 'a', milestone_id: 1, labels: ['ui', 'bug'] },
        { title: 'b', milestone_id: 2, labels: ['db'] },
        { title: 'c', milestone_id: 2, labels: [] },
        { title: 'd' },
      ],
      201,
    );
    const titles = async (query: string) =>
      (await maker.rows(`${at}/tasks/data/?${query}&ordering=title`)).map(({ title }) => title);
    expect(await titles('milestone_id.due__lt=2024-07-01')).toEqual(['a']);
    expect(await titles('milestone.name=final')).toEqual(['b', 'c']);
    expect(await titles('labels__aoverlap=bug,db')).toEqual(['a', 'b']);
    const either = encodeURIComponent(
      JSON.stringify({ or: [{ milestone_id: null }, { labels__acontains: ['ui'] }] }),
    );
    expect(await titles(`filters=${either}`)).toEqual(['a', 'd']);
    await put(`${at}/blocks`, { task_id: 1, by_id: 2 });
    await maker.refused(409, 'CONFLICT', 'POST', `${at}/blocks/data/`, { task_id: 1, by_id: 2 });
    const moved = await maker.call('PATCH', `${at}/tasks/data/`, [
      { id: 1, state: 'done' },
      { id: 2, state: 'done' },
    ]);
    expect(moved.data).toMatchObject({ count: 2 });
    expect(
      await maker.rows(`${at}/tasks/data/?_aggregate=count(*)&_group_by=state&ordering=state`),
    ).toEqual([
      { state: 'done', count: 2 },
      { state: 'open', count: 2 },
    ]);
    await maker.refused(404, 'NOT_FOUND', 'PATCH', `${at}/tasks/data/`, [
      { id: 3, state: 'done' },
      { id: 99, state: 'done' },
    ]);
    expect(await titles('state=open')).toEqual(['c', 'd']);
  });
});
