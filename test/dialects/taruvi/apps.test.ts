import { beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../../support/app.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { principal } from '../../support/principal.ts';
import { difference, snapshot } from '../../support/snapshot.ts';
import { type Row, type Taruvi, taruvi } from '../../support/taruvi.ts';

let database: TestDatabase;
let app: TestApp;
let tenant: string;
let root: Taruvi;
let maker: Taruvi;

beforeAll(async () => {
  database = await createDatabase();
  app = await startApp(database);
  tenant = await app.createTenant('apps');
  root = taruvi(app, principal(tenant, 'root', { access: 'root' }));
  maker = taruvi(app, principal(tenant, 'maker', { access: 'full' }));
}, 120_000);

/** The body of a call that is answered bare. */
async function bare(
  by: Taruvi,
  method: string,
  path: string,
  body?: unknown,
  status = 200,
): Promise<Row> {
  return (await by.call(method, path, body, status)) as unknown as Row;
}

const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/);

describe('apps', () => {
  it('every tenant has one, with two datasources', async () => {
    expect(await bare(root, 'GET', '/default')).toEqual({
      id: 1,
      name: 'default',
      slug: 'default',
      description: '',
      datasource_count: 2,
      table_count: 0,
      datasources: [
        { id: 1, name: 'default', slug: 'default', provider_type: 'flat_table', table_count: 0 },
        { id: 2, name: 'objects', slug: 'objects', provider_type: 'flat_table', table_count: 0 },
      ],
      settings: {},
      is_active: true,
      created_at: time,
      updated_at: time,
      created_by: 'rowhouse',
      modified_by: null,
    });
  });

  it('are made, shown, changed in part and as a whole', async () => {
    const made = await bare(
      maker,
      'POST',
      '',
      { name: 'My Application', description: 'one', settings: { theme: 'dark' } },
      201,
    );
    expect(made).toMatchObject({
      slug: 'my-application',
      description: 'one',
      settings: { theme: 'dark' },
      datasource_count: 0,
      datasources: [],
      created_by: 'maker',
      modified_by: null,
    });
    expect(await bare(root, 'GET', '/my-application/')).toEqual(made);
    expect(await bare(maker, 'PATCH', '/my-application/', { description: 'two' })).toEqual({
      ...made,
      description: 'two',
      updated_at: time,
      modified_by: 'maker',
    });
    expect(await bare(maker, 'PUT', '/my-application', { name: 'Other' })).toMatchObject({
      id: made['id'],
      name: 'Other',
      slug: 'my-application',
      description: '',
      settings: {},
    });
    const none = await bare(maker, 'PATCH', '/my-application', { description: null });
    expect(none).toMatchObject({ name: 'Other', description: '' });
    // What a reply shows can be sent back.
    const shown = await bare(maker, 'GET', '/my-application');
    expect(await bare(maker, 'PUT', '/my-application', shown)).toMatchObject({ name: 'Other' });
  });

  it.each([
    ['Ünïcode & Co.', 'n-code-co'],
    ['--a__b--', 'a__b'],
    ['2 fast', '2-fast'],
    ['x'.repeat(80), 'x'.repeat(50)],
  ])('derives the slug of %j', async (name, slug) => {
    expect(await bare(root, 'POST', '', { name }, 201)).toMatchObject({ name, slug });
  });

  it.each([
    [{}, 'name'],
    [{ name: '  ' }, 'name'],
    [{ name: 7 }, 'name'],
    [{ name: 'x'.repeat(256) }, 'name'],
    [{ name: '日本' }, 'slug'],
    [{ name: 'a', slug: 'Upper' }, 'slug'],
    [{ name: 'a', slug: "x'; drop table y; --" }, 'slug'],
    [{ name: 'a', slug: 'x'.repeat(51) }, 'slug'],
    [{ name: 'a', slug: '' }, 'slug'],
    [{ name: 'a', slug: '-a' }, 'slug'],
    [{ name: 'a', description: 5 }, 'description'],
    [{ name: 'a', settings: [] }, 'settings'],
    [{ name: 'a', settings: { rate_limit_per_hour: -1 } }, 'rate_limit_per_hour'],
    [{ name: 'a', settings: { note: 'x'.repeat(70_000) } }, 'settings'],
    [{ name: 'a', is_active: false }, 'is_active'],
  ])('refuses %j', async (body, field) => {
    const before = await snapshot(database, tenant);
    const error = await root.refused(400, 'VALIDATION_ERROR', 'POST', '', body);
    expect(Object.keys(error.errors ?? {})).toEqual([field]);
    expect(error.details).toEqual(error.errors);
    expect(difference(before, await snapshot(database, tenant))).toEqual([]);
  });

  it.each([
    ['[]'],
    ['"x"'],
    ['{"name":"a","naem":1}'],
    ['{"name"'],
    ['{"name":"a\\u0000"}'],
    ['{"name":"a","settings":{"b":"\\u0000"}}'],
  ])('refuses %s', async (text) => {
    await root.refused(400, 'BAD_REQUEST', 'POST', '', text);
  });

  it('a slug is taken once, also when several ask at the same moment', async () => {
    await bare(root, 'POST', '', { name: 'Twice' }, 201);
    await root.refused(409, 'CONFLICT', 'POST', '', { name: 'Other', slug: 'twice' });
    const replies = await Promise.all(
      Array.from({ length: 6 }, () => root.send('POST', '', { name: 'Racing' })),
    );
    expect(replies.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409]);
  });

  it('slug and activity are not changed by writing them', async () => {
    await bare(root, 'POST', '', { name: 'Fixed' }, 201);
    await root.refused(400, 'VALIDATION_ERROR', 'PATCH', '/fixed', { slug: 'loose' });
    await root.refused(400, 'VALIDATION_ERROR', 'PATCH', '/fixed', { is_active: false });
    await root.refused(400, 'VALIDATION_ERROR', 'PUT', '/fixed', { description: 'no name' });
    await root.refused(404, 'NOT_FOUND', 'PATCH', '/nowhere', { name: 'a' });
    await root.refused(404, 'NOT_FOUND', 'GET', `/${encodeURIComponent("a'/b")}`);
  });

  it('lists are bare, cut by pages and counted in a header; an envelope is asked for', async () => {
    const all = await root.send('GET', '');
    const apps = all.body as Row[];
    expect(all.headers.get('x-total-count')).toBe(String(apps.length));
    expect(apps.map((each) => each['id'])).toEqual(apps.map((each) => each['id']).sort(byNumber));
    const page = await root.send('GET', '/?page=2&page_size=2');
    expect(page.body).toEqual(apps.slice(2, 4));
    expect(page.headers.get('x-total-count')).toBe(String(apps.length));
    const wrapped = await root.call('GET', '/?page_size=2&envelope=true');
    expect(wrapped).toMatchObject({
      status: 'success',
      data: apps.slice(0, 2),
      total: apps.length,
      pagination: { limit: 2, count: 2, current_page: 1, has_next: true },
    });
    expect((await root.call('GET', '/default/?envelope=true')).data).toMatchObject({ id: 1 });
    await root.refused(400, 'BAD_REQUEST', 'GET', '/?page=0');
    await root.refused(400, 'BAD_REQUEST', 'GET', '/?include_inactive=maybe');
  });
});

function byNumber(a: unknown, b: unknown): number {
  return Number(a) - Number(b);
}

describe('datasources', () => {
  beforeAll(async () => {
    await bare(maker, 'POST', '', { name: 'Shop' }, 201);
  });

  it('are made, shown and changed', async () => {
    expect(await (await root.send('GET', '/shop/datasources')).body).toEqual([]);
    const sent = {
      name: 'Main Store',
      provider_type: 'flat_table',
      description: 'd',
      provider_config: { region: 'eu' },
    };
    const made = await bare(maker, 'POST', '/shop/datasources/', sent, 201);
    expect(made).toEqual({
      ...sent,
      id: expect.any(Number),
      slug: 'main-store',
      app: 'shop',
      table_count: 0,
      is_active: true,
      created_at: time,
      updated_at: time,
    });
    expect(await bare(root, 'GET', '/shop/datasources/main-store')).toEqual(made);
    const list = await root.send('GET', '/shop/datasources');
    expect(list.body).toEqual([made]);
    expect(list.headers.get('x-total-count')).toBe('1');
    expect(await bare(root, 'GET', '/shop')).toMatchObject({ datasource_count: 1 });
    const path = '/shop/datasources/main-store';
    expect(await bare(maker, 'PATCH', path, { provider_type: 'jsonb' })).toMatchObject({
      provider_type: 'jsonb',
      description: 'd',
      provider_config: { region: 'eu' },
    });
    expect(
      await bare(maker, 'PUT', path, { name: 'Store', provider_type: 'flat_table' }),
    ).toMatchObject({
      name: 'Store',
      slug: 'main-store',
      description: '',
      provider_config: {},
      provider_type: 'flat_table',
    });
    await maker.refused(409, 'CONFLICT', 'POST', '/shop/datasources', {
      ...sent,
      slug: 'main-store',
    });
  });

  it('a provider that is not served is refused by its name, and nothing is stored', async () => {
    const before = await snapshot(database, tenant);
    const mongo = await maker.refused(501, 'NOT_IMPLEMENTED', 'POST', '/shop/datasources', {
      name: 'Mongo',
      provider_type: 'mongodb',
    });
    expect(mongo.message).toBe('provider mongodb is not implemented');
    await maker.refused(501, 'NOT_IMPLEMENTED', 'PATCH', '/shop/datasources/main-store', {
      provider_type: 'mongodb',
    });
    for (const provider_type of ['mysql', '', 'FLAT_TABLE', undefined]) {
      const error = await maker.refused(400, 'VALIDATION_ERROR', 'POST', '/shop/datasources', {
        name: 'Other',
        provider_type,
      });
      expect(Object.keys(error.errors ?? {})).toEqual(['provider_type']);
    }
    expect(difference(before, await snapshot(database, tenant))).toEqual([]);
  });

  it.each([
    ['POST', '', { name: 'a', provider_type: 'jsonb', provider_config: 'x' }, 'provider_config'],
    ['POST', '', { name: 'a', provider_type: 'jsonb', app: 'other' }, 'app'],
    ['POST', '', { provider_type: 'jsonb' }, 'name'],
    ['PATCH', '/main-store', { slug: 'b' }, 'slug'],
    ['PUT', '/main-store', { description: 'x' }, 'name'],
  ])('refuses %s %s %j', async (method, path, body, field) => {
    const error = await root.refused(
      400,
      'VALIDATION_ERROR',
      method,
      `/shop/datasources${path}`,
      body,
    );
    expect(Object.keys(error.errors ?? {})).toEqual([field]);
  });

  it('are not found in apps and under slugs that are not there', async () => {
    await root.refused(404, 'NOT_FOUND', 'GET', '/nowhere/datasources');
    await root.refused(404, 'NOT_FOUND', 'GET', '/shop/datasources/nowhere');
    await root.refused(404, 'NOT_FOUND', 'PATCH', '/shop/datasources/nowhere', { name: 'a' });
    await root.refused(404, 'NOT_FOUND', 'DELETE', '/shop/datasources/nowhere');
  });
});

describe('settings', () => {
  beforeAll(async () => {
    await bare(maker, 'POST', '', { name: 'Set', settings: { colour: 'red', keep: [1] } }, 201);
  });

  it('keys sent replace, null takes away, others stay', async () => {
    expect((await root.call('GET', '/set/settings/')).data).toEqual({ colour: 'red', keep: [1] });
    const patch = { colour: null, allow_anonymous: true, rate_limit_per_hour: 0 };
    expect((await maker.call('PATCH', '/set/settings/', patch)).data).toEqual({
      keep: [1],
      allow_anonymous: true,
      rate_limit_per_hour: 0,
    });
    expect(await bare(root, 'GET', '/set')).toMatchObject({ settings: { keep: [1] } });
    const policy = { default_policy: 'authenticated', allow_anonymous: null, own: { a: null } };
    expect((await maker.call('PATCH', '/set/settings', policy)).data).toEqual({
      keep: [1],
      rate_limit_per_hour: 0,
      default_policy: 'authenticated',
      own: { a: null },
    });
  });

  it.each([
    [{ allow_anonymous: 'yes' }, 'allow_anonymous'],
    [{ default_policy: 'everyone' }, 'default_policy'],
    [{ default_policy: true }, 'default_policy'],
    [{ rate_limit_per_hour: 1.5 }, 'rate_limit_per_hour'],
    [{ rate_limit_per_hour: '5' }, 'rate_limit_per_hour'],
    [{ bulk_limit: 0 }, 'bulk_limit'],
    [{ bulk_limit: 10_001 }, 'bulk_limit'],
  ])('refuses %j', async (patch, field) => {
    const before = await snapshot(database, tenant);
    const error = await maker.refused(400, 'VALIDATION_ERROR', 'PATCH', '/set/settings', patch);
    expect(Object.keys(error.errors ?? {})).toEqual([field]);
    expect(difference(before, await snapshot(database, tenant))).toEqual([]);
  });
});

describe('roles', () => {
  beforeAll(async () => {
    await bare(maker, 'POST', '', { name: 'Team' }, 201);
  });

  const roles = async (): Promise<unknown> => (await root.call('GET', '/team/roles/')).data;

  it('every app has owner and admin; its maker is the owner', async () => {
    expect(await roles()).toEqual([
      { name: 'admin', parent: null, members: [] },
      { name: 'owner', parent: null, members: ['maker'] },
    ]);
  });

  it('are made, and changed as far as is said', async () => {
    const reader = await maker.call('POST', '/team/roles/', { name: 'reader' }, 201);
    expect(reader.data).toEqual({ name: 'reader', parent: null, members: [] });
    const writer = { name: 'writer', parent: 'reader', members: ['zoe', 'ann', 'ann'] };
    expect((await maker.call('POST', '/team/roles/', writer, 201)).data).toEqual({
      name: 'writer',
      parent: 'reader',
      members: ['ann', 'zoe'],
    });
    const less = await maker.call('POST', '/team/roles/', { name: 'writer', members: ['ann'] });
    expect(less.data).toEqual({ name: 'writer', parent: 'reader', members: ['ann'] });
    const free = await maker.call('POST', '/team/roles/', { name: 'writer', parent: null });
    expect(free.data).toEqual({ name: 'writer', parent: null, members: ['ann'] });
    const list = await root.call('GET', '/team/roles/');
    expect(list.total).toBe(4);
  });

  it('no role is its own parent, however far', async () => {
    await maker.call('POST', '/team/roles/', { name: 'writer', parent: 'reader' });
    for (const body of [
      { name: 'reader', parent: 'writer' },
      { name: 'reader', parent: 'reader' },
      { name: 'self', parent: 'self' },
      { name: 'child', parent: 'nobody' },
    ]) {
      const error = await maker.refused(400, 'VALIDATION_ERROR', 'POST', '/team/roles/', body);
      expect(Object.keys(error.errors ?? {})).toEqual(['parent']);
    }
  });

  it.each([
    [{}, 'name'],
    [{ name: '' }, 'name'],
    [{ name: '*' }, 'name'],
    [{ name: 'x', members: ['a', ''] }, 'members'],
    [{ name: 'x', members: 'ann' }, 'members'],
    [{ name: 'x', members: [1] }, 'members'],
    [{ name: 'x', parent: 4 }, 'parent'],
  ])('refuses %j', async (body, field) => {
    const error = await maker.refused(400, 'VALIDATION_ERROR', 'POST', '/team/roles', body);
    expect(Object.keys(error.errors ?? {})).toEqual([field]);
  });

  it('takes names as they are', async () => {
    const name = `r"'; drop schema control; -- ${'é'.repeat(40)}`;
    await maker.call('POST', '/team/roles/', { name, members: [name] }, 201);
    expect(await roles()).toContainEqual({ name, parent: null, members: [name] });
  });
});
