import { beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { principal } from '../../support/principal.ts';
import { type Taruvi, taruvi } from '../../support/taruvi.ts';

let app: TestApp;
let tenant: string;
let root: Taruvi;
let ann: Taruvi;
let bob: Taruvi;
let nobody: Taruvi;
const posts = '/blog/datatables/posts/data';

beforeAll(async () => {
  const database = await createDatabase();
  app = await startApp(database);
  tenant = await app.createTenant('pol');
  const as = (
    sub: string,
    roles: readonly string[],
    attributes = {},
    access: 'root' | 'edit' = 'edit',
  ) => taruvi(app, principal(tenant, sub, { roles, attributes, access }));
  root = as('root', [], {}, 'root');
  ann = as('ann', ['editor'], { dept: 'sales' });
  bob = as('bob', ['viewer'], { dept: 'hr' });
  nobody = taruvi(app, { named: tenant });
  await root.send('POST', '', { name: 'blog' });
  const fields = [
    { name: 'id', type: 'integer' },
    { name: 'owner', type: 'string' },
    { name: 'dept', type: 'string' },
    { name: 'state', type: 'string' },
  ];
  const made = await root.send('POST', '/blog/datatables', {
    name: 'posts',
    json_schema: { fields, primaryKey: 'id' },
  });
  expect(made.status, made.text).toBe(201);
  const rows = [
    { id: 1, owner: 'ann', dept: 'sales', state: 'draft' },
    { id: 2, owner: 'bob', dept: 'hr', state: 'public' },
    { id: 3, owner: 'cid', dept: 'sales', state: 'public' },
  ];
  await root.call('POST', posts, rows, 201);
});

const resource = (rules: readonly unknown[], more = {}) => ({
  apiVersion: 'api.cerbos.dev/v1',
  resourcePolicy: { resource: 'datatable:posts', version: 'default', rules, ...more },
});
const allow = (actions: readonly string[], roles: readonly string[], expr?: string) => ({
  actions,
  effect: 'EFFECT_ALLOW',
  roles,
  ...(expr === undefined ? {} : { condition: { match: { expr } } }),
});
const deny = (...rest: Parameters<typeof allow>) => ({ ...allow(...rest), effect: 'EFFECT_DENY' });
const put = (document: unknown) => root.call('POST', '/blog/policies', document);
const ids = async (who: Taruvi) => (await who.rows(`${posts}?ordering=id`)).map(({ id }) => id);

describe('rules', () => {
  it('refuse with 403 where none can match, from the first request on', async () => {
    await ann.refused(403, 'FORBIDDEN', 'GET', posts);
    await ann.refused(403, 'FORBIDDEN', 'GET', `${posts}/1`);
    expect(await ids(root)).toEqual([1, 2, 3]);
  });

  it('filter reads, old rows and new rows, at once', async () => {
    const saved = await put(
      resource([
        allow(['read'], ['editor', 'viewer'], "R.attr.state == 'public' || R.attr.owner == P.id"),
        allow(['write'], ['editor'], 'R.attr.dept == P.attr.dept'),
        allow(['delete'], ['editor'], 'R.attr.owner == P.id'),
      ]),
    );
    expect(saved.data).toMatchObject({
      id: 'datatable:posts:default',
      entity_actions: { 'datatable:posts': ['delete', 'read', 'write'] },
      resourcePolicy: { scope: `${tenant}_blog` },
    });
    expect(await ids(ann)).toEqual([1, 2, 3]);
    expect(await ids(bob)).toEqual([2, 3]);
    await bob.refused(404, 'NOT_FOUND', 'GET', `${posts}/1`);
    await ann.call('PATCH', `${posts}/3`, { state: 'public' });
    await ann.refused(403, 'FORBIDDEN', 'PATCH', `${posts}/3`, { dept: 'hr' });
    expect((await ann.send('PATCH', `${posts}/2`, { state: 'x' })).status).toBe(403);
    await bob.refused(403, 'FORBIDDEN', 'POST', posts, { id: 9, owner: 'bob', dept: 'hr' });
    await ann.refused(403, 'FORBIDDEN', 'POST', posts, { id: 9, owner: 'ann', dept: 'hr' });
  });

  it('bind administrators by an explicit refusal, and let a principal policy decide', async () => {
    await put(resource([allow(['read'], ['*']), deny(['read'], ['*'], "R.attr.state == 'draft'")]));
    expect(await ids(root)).toEqual([2, 3]);
    await put({
      principalPolicy: {
        principal: 'ann',
        rules: [
          { resource: 'datatable:posts', actions: [{ action: 'read', effect: 'EFFECT_ALLOW' }] },
        ],
      },
    });
    expect(await ids(ann)).toEqual([1, 2, 3]);
    await root.call('POST', '/blog/policies/principal:ann:default/disable');
    expect(await ids(ann)).toEqual([2, 3]);
    expect((await root.send('DELETE', '/blog/policies/principal:ann:default')).status).toBe(204);
    await root.refused(404, 'NOT_FOUND', 'GET', '/blog/policies/principal:ann:default');
  });

  it('know derived roles, and what a role keeps', async () => {
    await put({
      derivedRoles: {
        name: 'common',
        definitions: [
          {
            name: 'owner',
            parentRoles: ['*'],
            condition: { match: { expr: 'R.attr.owner == P.id' } },
          },
        ],
      },
    });
    const rules = [{ actions: ['*'], effect: 'EFFECT_ALLOW', derivedRoles: ['owner'] }];
    await put(resource(rules, { importDerivedRoles: ['common'] }));
    expect(await ids(ann)).toEqual([1]);
    expect(await ids(bob)).toEqual([2]);
    await put({
      rolePolicy: {
        role: 'viewer',
        rules: [{ resource: 'datatable:posts', allowActions: ['delete'] }],
      },
    });
    await bob.refused(403, 'FORBIDDEN', 'GET', posts);
    expect((await root.send('DELETE', '/blog/policies/role:viewer')).status).toBe(204);
  });

  it('let callers without a token read what they are named for, where the app is open', async () => {
    await put(
      resource([allow(['*'], ['anonymous'], "R.attr.state == 'public'"), allow(['read'], ['*'])]),
    );
    await nobody.refused(401, 'UNAUTHORIZED', 'GET', posts);
    await root.call('PATCH', '/blog/settings', { allow_anonymous: true });
    expect(await ids(nobody)).toEqual([2, 3]);
    await nobody.refused(401, 'UNAUTHORIZED', 'POST', posts, { id: 9 });
    await root.call('PATCH', '/blog/settings', { allow_anonymous: false });
  });
});

describe('uploads', () => {
  const bad: readonly (readonly [string, unknown, string])[] = [
    [
      'an unknown column',
      resource([allow(['read'], ['*'], 'R.attr.nope == 1')]),
      "no column 'nope' (character 8)",
    ],
    [
      'an unknown function',
      resource([allow(['read'], ['*'], 'P.id.lowerAscii() == "a"')]),
      "'lowerAscii' is not served",
    ],
    ['a macro', resource([allow(['read'], ['*'], '[1].exists(x, x > 0)')]), 'not served'],
    [
      'types that do not go together',
      resource([allow(['read'], ['*'], 'R.attr.id == "1"')]),
      'compared',
    ],
    ['no truth', resource([allow(['read'], ['*'], 'R.attr.owner')]), 'a bool is needed'],
    [
      'no expression',
      resource([allow(['read'], ['*'], 'R.attr.owner ==')]),
      'resourcePolicy.rules.0.condition.match.expr',
    ],
    ['SQL', resource([allow(['read'], ['*'], "R.attr.owner == ''; drop table x")]), 'expr'],
    [
      'another scope',
      resource([allow(['read'], ['*'])], { scope: 'other_blog' }),
      'resourcePolicy.scope',
    ],
    ['a misspelt action', resource([allow(['raed'], ['*'])]), 'resourcePolicy.rules.0.actions.0'],
    ['no roles', resource([allow(['read'], [])]), 'resourcePolicy.rules.0.roles'],
    [
      'an unknown key',
      resource([{ ...allow(['read'], ['*']), output: {} }]),
      'resourcePolicy.rules.0.output',
    ],
    [
      'a derived role of no set',
      resource([{ actions: ['read'], effect: 'EFFECT_ALLOW', derivedRoles: ['x'] }]),
      "'x'",
    ],
    ['two policies', { ...resource([]), derivedRoles: { name: 'x', definitions: [] } }, 'one of'],
    [
      'a pattern that two engines read otherwise',
      resource([allow(['read'], ['*'], 'R.attr.owner.matches("(?i)x")')]),
      'pattern',
    ],
  ];
  it.each(bad)('of %s are refused, naming the place', async (_, document, words) => {
    const error = await root.refused(400, 'VALIDATION_ERROR', 'POST', '/blog/policies', document);
    expect(error.message).toContain(words);
  });

  it('are for administrators', async () => {
    await ann.refused(403, 'FORBIDDEN', 'POST', '/blog/policies', resource([allow(['*'], ['*'])]));
  });

  it('go by the header too', async () => {
    const alias = await app.request('GET', '/api/data/policies/', {
      as: principal(tenant, 'root', { access: 'root' }),
      headers: { 'x-app-slug': 'blog' },
    });
    expect(alias.status, alias.text).toBe(200);
    expect(alias.body).toMatchObject({ status: 'success' });
  });
});

describe('check/resources', () => {
  const check = async (who: Taruvi, body: unknown) => {
    const reply = await who.send('POST', '/blog/check/resources', body);
    expect(reply.status, reply.text).toBe(200);
    return (reply.body as { results: { actions: unknown }[] }).results.map(
      ({ actions }) => actions,
    );
  };
  const of = (id: string, actions: readonly string[], attr?: unknown) => ({
    resource: { kind: 'datatable:posts', id, ...(attr === undefined ? {} : { attr }) },
    actions,
  });

  it('answers by the conditions that rows meet', async () => {
    await put(
      resource([
        allow(['read', 'update'], ['editor'], "R.attr.owner == P.id && R.attr.state != 'closed'"),
      ]),
    );
    expect(
      await check(ann, {
        resources: [
          of('1', ['read', 'delete']),
          of('2', ['read']),
          of('99', ['read']),
          of('x', ['update'], { owner: 'ann', state: 'closed' }),
          of('x', ['update'], { owner: 'ann' }),
        ],
      }),
    ).toEqual([
      { read: 'EFFECT_ALLOW', delete: 'EFFECT_DENY' },
      { read: 'EFFECT_DENY' },
      { read: 'EFFECT_DENY' },
      { update: 'EFFECT_DENY' },
      { update: 'EFFECT_ALLOW' },
    ]);
  });

  it('answers for others to administrators, and for things kept elsewhere', async () => {
    await put({
      resourcePolicy: {
        resource: 'report',
        rules: [allow(['print'], ['editor'], 'R.attr.pages < 10 && R.id != "secret"')],
      },
    });
    const asked = {
      resources: [
        { resource: { kind: 'report', id: 'r', attr: { pages: 3 } }, actions: ['print', 'burn'] },
      ],
    };
    expect(await check(ann, asked)).toEqual([{ print: 'EFFECT_ALLOW', burn: 'EFFECT_DENY' }]);
    expect(await check(bob, asked)).toEqual([{ print: 'EFFECT_DENY', burn: 'EFFECT_DENY' }]);
    const other = { ...asked, principal: { id: 'zoe', roles: ['editor'], attr: {} } };
    expect(await check(root, other)).toEqual([{ print: 'EFFECT_ALLOW', burn: 'EFFECT_DENY' }]);
    await ann.refused(403, 'FORBIDDEN', 'POST', '/blog/check/resources', other);
    // Also where no verdict depends on who it is about.
    for (const kind of ['datatable:posts', 'unknown']) {
      const resources = [{ resource: { kind, id: '99999' }, actions: ['read', 'burn'] }];
      const about = { resources, principal: { id: 'ann' } };
      await ann.refused(403, 'FORBIDDEN', 'POST', '/blog/check/resources', about);
    }
  });
});
