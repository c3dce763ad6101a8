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

interface Package {
  readonly app: Row;
  readonly roles: readonly Row[];
  readonly policies: readonly Row[];
  readonly datatables: { readonly name: string; readonly resources: readonly Row[] };
}

const schemas = {
  resources: [
    // Refers to what comes after it, which refers back.
    {
      name: 'orders',
      schema: {
        fields: [
          { name: 'id', type: 'integer' },
          { name: 'customer_id', type: 'integer' },
          { name: 'total', type: 'number', constraints: { minimum: 0 } },
        ],
        primaryKey: 'id',
        foreignKeys: [
          { fields: 'customer_id', reference: { resource: 'customers', fields: 'id' } },
        ],
      },
    },
    {
      name: 'customers',
      description: 'People',
      search_fields: ['name'],
      schema: {
        fields: [
          { name: 'id', type: 'integer' },
          { name: 'name', type: 'string', constraints: { required: true } },
          { name: 'last_order', type: 'integer' },
        ],
        primaryKey: 'id',
        foreignKeys: [{ fields: 'last_order', reference: { resource: 'orders', fields: 'id' } }],
      },
    },
  ],
};

beforeAll(async () => {
  database = await createDatabase();
  app = await startApp(database);
  tenant = await app.createTenant('package');
  root = taruvi(app, principal(tenant, 'root', { access: 'root' }));
  const settings = { theme: 'dark', rate_limit_per_hour: 5000 };
  await root.call('POST', '', { name: 'Shop', description: 'Sells', settings }, 201);
  const source = { name: 'Main', provider_type: 'flat_table', provider_config: { a: 1 } };
  await root.call('POST', '/shop/datasources', source, 201);
  await root.call('POST', '/shop/roles', { name: 'reader' }, 201);
  await root.call('POST', '/shop/roles', { name: 'a', parent: 'reader', members: ['ann'] }, 201);
  await root.call('POST', '/shop/datatables/create_schema', schemas);
  const policies = [
    {
      resourcePolicy: {
        resource: 'datatable:customers',
        version: 'default',
        importDerivedRoles: ['makers'],
        rules: [{ actions: ['read'], effect: 'EFFECT_ALLOW', derivedRoles: ['maker'] }],
      },
    },
    {
      derivedRoles: {
        name: 'makers',
        definitions: [
          {
            name: 'maker',
            parentRoles: ['a'],
            condition: { match: { expr: 'R.attr.id > 0' } },
          },
        ],
      },
    },
  ];
  for (const policy of policies.toReversed()) {
    await root.call('POST', '/shop/policies', { apiVersion: 'api.cerbos.dev/v1', ...policy });
  }
  const draft = {
    name: 'later',
    datasource: 'main',
    materialize: false,
    json_schema: { fields: [{ name: 'x', type: 'string' }] },
  };
  await root.call('POST', '/shop/datatables', draft, 201);
  await root.call('POST', '/shop/datatables/customers/data/', { name: 'kept here' }, 201);
}, 120_000);

const exported = async (slug = 'shop'): Promise<Package> =>
  (await root.send('GET', `/${slug}/export/`)).body as Package;

/** What an imported app says of itself, without what the copy has of its own. */
function likeness({ app: about, ...rest }: Package): unknown {
  return { ...rest, app: { ...about, slug: '' }, datatables: { ...rest.datatables, name: '' } };
}

describe('an app as a document', () => {
  it('tells everything but the rows', async () => {
    const document = await exported();
    expect(document.app).toEqual({
      name: 'Shop',
      slug: 'shop',
      description: 'Sells',
      settings: { theme: 'dark', rate_limit_per_hour: 5000 },
      datasources: [
        expect.objectContaining({ slug: 'main', provider_config: { a: 1 } }),
        expect.objectContaining({ slug: 'default', provider_type: 'flat_table' }),
      ],
    });
    expect(document.roles).toContainEqual({ name: 'a', parent: 'reader', members: ['ann'] });
    expect(document.policies).toHaveLength(2);
    expect(JSON.stringify(document.policies)).not.toContain('scope');
    const { resources } = document.datatables;
    expect(resources.map(({ name }) => name).sort()).toEqual(['customers', 'later', 'orders']);
    expect(resources.find(({ name }) => name === 'customers')).toMatchObject(
      schemas.resources[1] ?? {},
    );
    expect(JSON.stringify(document)).not.toContain('kept here');
  });

  it('makes the same app again under another slug', async () => {
    const document = await exported();
    const copy = { ...document, app: { ...document.app, slug: 'copy' } };
    const reply = await root.send('POST', '/import/', copy);
    expect([reply.status, reply.body]).toMatchObject([
      201,
      { name: 'Shop', slug: 'copy', datasource_count: 2, table_count: 3, created_by: 'root' },
    ]);
    expect(likeness(await exported('copy'))).toEqual(likeness(document));
    const later = await root.send('GET', '/copy/datatables/later');
    expect(later.body).toMatchObject({ is_materialized: false, datasource: 'main' });
    await root.call('POST', '/copy/datatables/customers/data/', { name: 'own' }, 201);
    const ann = taruvi(app, principal(tenant, 'ann'));
    expect(await ann.rows('/copy/datatables/customers/data/')).toMatchObject([{ name: 'own' }]);
    await ann.refused(403, 'FORBIDDEN', 'GET', '/copy/datatables/orders/data/');
    await root.refused(400, 'VALIDATION_ERROR', 'POST', '/copy/datatables/orders/data/', {
      customer_id: 99,
    });
    await root.refused(409, 'CONFLICT', 'POST', '/import', copy);
  });

  it('belongs to whoever brings it', async () => {
    const document = await exported();
    const maker = taruvi(app, principal(tenant, 'maker', { access: 'full' }));
    const mine = { ...document, app: { ...document.app, slug: 'mine' } };
    expect((await maker.send('POST', '/import', mine)).status).toBe(201);
    const { data } = await maker.call('GET', '/mine/roles');
    expect(data).toContainEqual({ name: 'owner', parent: null, members: ['maker', 'root'] });
    expect((await maker.send('GET', '/mine/export')).status).toBe(200);
  });

  it('is for administrators, and for those who may make apps', async () => {
    const document = await exported();
    for (const access of ['read', 'edit', 'full'] as const) {
      const other = taruvi(app, principal(tenant, 'other', { access }));
      await other.refused(403, 'FORBIDDEN', 'GET', '/shop/export');
      if (access !== 'full') await other.refused(403, 'FORBIDDEN', 'POST', '/import', document);
    }
    await root.refused(404, 'NOT_FOUND', 'GET', '/nowhere/export');
  });

  it.each([
    ['an app without a name', { app: {} }, 'name'],
    ['no app', {}, 'app'],
    [
      'a provider',
      { app: { name: 'X', datasources: [{ name: 'd', provider_type: 'y' }] } },
      'provider_type',
    ],
    ['settings', { app: { name: 'X', settings: { allow_anonymous: 1 } } }, 'allow_anonymous'],
    [
      'roles in a circle',
      {
        app: { name: 'X' },
        roles: [
          { name: 'a', parent: 'b' },
          { name: 'b', parent: 'a' },
        ],
      },
      'parent',
    ],
    ['a policy', { app: { name: 'X' }, policies: [{}] }, 'policy'],
    [
      'a member that is no text',
      { app: { name: 'X' }, roles: [{ name: 'a', members: [1] }] },
      'roles.0.members',
    ],
    ['resources', { app: { name: 'X' }, datatables: { resources: {} } }, 'datatables.resources'],
    [
      'a type',
      {
        app: { name: 'X' },
        datatables: {
          resources: [{ name: 't', schema: { fields: [{ name: 'a', type: 'odd' }] } }],
        },
      },
      'resources.0.schema.fields.0.type',
    ],
  ])('refuses %s, and leaves nothing', async (_, body, field) => {
    const before = await snapshot(database, tenant);
    const error = await root.refused(400, 'VALIDATION_ERROR', 'POST', '/import', body);
    expect(Object.keys(error.errors ?? {})).toEqual([field]);
    expect(difference(before, await snapshot(database, tenant))).toEqual([]);
  });

  it('leaves nothing when its last part fails', async () => {
    // Its physical name is that of a table of the app `a_b`.
    await root.call('POST', '', { name: 'a_b' }, 201);
    const schema = { fields: [{ name: 'x', type: 'string' }] };
    await root.call('POST', '/a_b/datatables', { name: 'c', json_schema: schema }, 201);
    const before = await snapshot(database, tenant);
    const resources = ['ok', 'b_c'].map((name) => ({ name, schema }));
    const body = { app: { name: 'a' }, roles: [{ name: 'r' }], datatables: { resources } };
    await root.refused(409, 'CONFLICT', 'POST', '/import', body);
    expect(difference(before, await snapshot(database, tenant))).toEqual([]);
  });
});
