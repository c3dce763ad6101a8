/** Whom the document tells of which tables: Postgres says what a caller could use, and the document tells no more. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '../../control-plane/model/principal.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { createDatabase } from '../support/database.ts';
import { documentOf } from '../support/documented.ts';
import { principal } from '../support/principal.ts';

let app: TestApp;
let tenant: string;
let root: Principal;

beforeAll(async () => {
  const database = await createDatabase();
  app = await startApp(database);
  tenant = await app.createTenant('acme');
  root = principal(tenant, 'boss', { access: 'root', sudo: true, roles: ['PGREST_ADMIN'] });
  const made = async (path: string, body: object): Promise<void> => {
    const reply = await app.request('POST', path, { as: root, body });
    expect([200, 201], reply.text).toContain(reply.status);
  };
  const columns = [{ column_name: 'x', type: 'text' }];
  await made('/api/describe/listed', { columns });
  await made('/v3/pgrest/manage/tables', { table_name: 'granted', columns: {} });
  const view = { select_query: '*', from_table: 'granted' };
  await made('/v3/pgrest/manage/views', { ...view, view_name: 'shown' });
  const rules = { permission_rules: ['PGREST_Keepers'] };
  await made('/v3/pgrest/manage/views', { ...view, ...rules, view_name: 'kept' });
  await made('/api/apps', { name: 'Shop' });
  const json_schema = { fields: [{ name: 'id', type: 'integer' }] };
  for (const name of ['ruled', 'unruled']) {
    await made('/api/apps/shop/datatables', { name, json_schema });
  }
  await made('/api/apps/shop/policies', {
    apiVersion: 'api.cerbos.dev/v1',
    resourcePolicy: {
      resource: 'datatable:ruled',
      version: 'default',
      rules: [
        {
          actions: ['read'],
          effect: 'EFFECT_ALLOW',
          roles: ['clerk'],
          condition: { match: { expr: 'R.attr.id > 5' } },
        },
      ],
    },
  });
  await made('/api/describe/shut', { status: 'disabled', columns });
});

const everything = ['granted', 'kept', 'listed', 'ruled', 'shown', 'shut', 'unruled'];

/** The tables that the document of this caller has tags of. */
async function told(who?: Principal): Promise<readonly string[]> {
  const text = JSON.stringify(await documentOf(app, who));
  const tags = text.matchAll(/"(?:monk|taruvi|pgrest): (?:Shop)?(\w+)"/g);
  return [...new Set([...tags].map(([, name = '']) => name.toLowerCase()))].toSorted();
}

describe('the document tells of a table', () => {
  it.each<[string, Partial<Principal>, readonly string[]]>([
    // Level root holds every verb and administers every app; rules of views bind it too.
    ['root', { access: 'root' }, ['granted', 'listed', 'ruled', 'shown', 'unruled']],
    ['an ordinary caller', {}, ['listed']],
    ['a reader of PgREST', { roles: ['PGREST_READ'] }, ['granted', 'listed', 'shown']],
    ['a user of PgREST', { roles: ['PGREST_USER'] }, ['listed', 'shown']],
    [
      'who meets the rules of a view',
      { roles: ['PGREST_USER', 'PGREST_Keepers'] },
      ['kept', 'listed', 'shown'],
    ],
    ['whom a rule could let read some row', { roles: ['clerk'] }, ['listed', 'ruled']],
  ])('to %s', async (_, rest, expected) => {
    expect(await told(principal(tenant, 'somebody', rest))).toEqual(expected);
  });

  it('to nobody of another tenant, and to nobody without a token', async () => {
    const other = await app.createTenant('other');
    expect(await told(principal(other, 'x', { access: 'root' }))).toEqual([]);
    expect(await told()).toEqual([]);
  });

  it('in no other place than those of tables it may know', async () => {
    const [mine, general] = await Promise.all([
      documentOf(app, principal(tenant, 'somebody')),
      documentOf(app),
    ]);
    const parts = (document: typeof mine): ReadonlyMap<string, string> => {
      const { paths, components } = document;
      const groups = Object.entries({ paths, ...components });
      return new Map(
        groups.flatMap(([group, items]) =>
          Object.entries(items).map(([key, item]) => [`${group} ${key}`, JSON.stringify(item)]),
        ),
      );
    };
    const known = parts(general);
    const added = [...parts(mine)].filter(([key, item]) => known.get(key) !== item);
    expect(added.length).toBeGreaterThan(10);
    for (const [key, item] of added) {
      expect(key).toMatch(/listed/i);
      expect(everything.filter((name) => item.includes(name))).toEqual(
        item.includes('listed') ? ['listed'] : [],
      );
    }
  });

  it('at once after it was granted, and no longer after that was revoked', async () => {
    const role = { role_name: 'PGREST_Readers', description: 'x' };
    const views = { select_query: '*', from_table: 'granted', view_name: 'later' };
    const make = (path: string, body: object) => app.request('POST', path, { as: root, body });
    await make('/v3/pgrest/manage/roles', role);
    await make('/v3/pgrest/manage/views', { ...views, permission_rules: ['PGREST_Readers'] });
    const ada = principal(tenant, 'ada', { roles: ['PGREST_USER'] });
    const knows = async () => (await told(ada)).includes('later');
    const change = (method: string) =>
      make('/v3/pgrest/manage/roles/PGREST_Readers', { method, username: 'ada' });
    expect(await knows()).toBe(false);
    await change('grant');
    expect(await knows()).toBe(true);
    await change('revoke');
    expect(await knows()).toBe(false);
  });

  it('of the dialect that is named, and refuses a name there is not', async () => {
    const { paths } = await documentOf(app, root, '?dialect=monk');
    const dialects = Object.keys(paths).filter((path) => /^\/(v3|data-svc|api\/apps)/.test(path));
    expect(dialects).toEqual([]);
    expect(paths['/api/data/listed']).toBeDefined();
    expect((await app.request('GET', '/openapi.json?dialect=soap')).status).toBe(400);
  });
});
