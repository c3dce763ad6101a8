/** Related rows, fields and allowed actions by HTTP. */
import { beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../../support/app.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { createTenantWith } from '../../support/definer.ts';
import { principal } from '../../support/principal.ts';
import { type Taruvi, taruvi } from '../../support/taruvi.ts';
import { shop } from './shaping-tables.ts';

let database: TestDatabase;
let app: TestApp;
let root: Taruvi;
let denied: Taruvi;

const at = (table: string, rest = ''): string => `/default/datatables/${table}/data/${rest}`;

beforeAll(async () => {
  database = await createDatabase();
  app = await startApp(database);
  const tenant = database.slug('shop');
  await createTenantWith(database, tenant, shop);
  root = taruvi(app, principal(tenant, 'root', { access: 'root' }));
  // Administers the app, so that tables of mode policy are open; what has a list that denies is not.
  denied = taruvi(app, principal(tenant, 'ann', { access: 'root', roles: ['outsiders'] }));
  const post = (table: string, rows: readonly object[]) => root.call('POST', at(table), rows, 201);
  await post('companies', [{ name: 'Acme', secret: 's' }, { name: 'Hidden' }]);
  await post('products', [
    { name: 'one', company_id: 1, owner_id: 'bo', price: 1 },
    { name: 'two', company_id: 2, price: 2 },
    { name: 'three' },
    { name: 'gone', company_id: 1 },
  ]);
  await post('notes', [
    { product_id: 1, text: 'a' },
    { product_id: 1, text: 'b' },
    { product_id: 4, text: 'of gone' },
  ]);
  await post('tags', [{ name: 'red' }, { name: 'new' }]);
  await post('product_tags', [
    { product_id: 1, tag_id: 2 },
    { product_id: 1, tag_id: 1 },
    { product_id: 1, tag_id: 1 },
    { product_id: 4, tag_id: 1 },
  ]);
  await root.call('DELETE', at('products', '4/'));
  const hide = async (table: string, id: number): Promise<void> => {
    // Past the triggers: no caller may take a row from an administrator.
    await database.admin.query(
      `begin; set local role rowhouse_owner;
       create temporary table hidden on commit drop as select "t_${tenant}"._rowhouse_acl(
         "read" => '{root}', edit => '{}', "full" => '{}', "delete" => '{}', deny => '{outsiders}', authors => '{}') as acl;
       reset role; set local session_replication_role = replica;
       update "t_${tenant}".${table} set _acl = (select acl from hidden) where id = ${id}; commit`,
    );
  };
  await hide('companies', 2);
  await hide('notes', 2);
}, 120_000);

describe('populate', () => {
  const acme = { id: 1, name: 'Acme', secret: 's' };

  it('puts an object in the place of a foreign key, or beside it', async () => {
    const [one] = await root.rows(at('products', '?populate=company_id&name=one'));
    expect(one).toMatchObject({ name: 'one', company_id: acme });
    expect(one).not.toHaveProperty('company');
    const [beside] = await root.rows(at('products', '?populate=company&name=one'));
    expect(beside).toMatchObject({ company_id: 1, company: acme });
    const [none] = await root.rows(at('products', '?populate=company&name=three'));
    expect(none).toMatchObject({ company_id: null, company: null });
    const { data } = await root.call('GET', at('products', '1/?populate=company,owner_id'));
    expect(data).toMatchObject({ company: acme, owner_id: { id: 'bo' } });
  });

  it('lists rows that refer here, and rows through pairs, once each and by key', async () => {
    const [one, two] = await root.rows(at('products', '?populate=notes,tags&ordering=id'));
    expect(one).toMatchObject({
      notes: [
        { id: 1, product_id: 1, text: 'a' },
        { id: 2, product_id: 1, text: 'b' },
      ],
      tags: [
        { id: 1, name: 'red' },
        { id: 2, name: 'new' },
      ],
    });
    expect(two).toMatchObject({ notes: [], tags: [] });
    expect(one).not.toHaveProperty('notes__truncated');
  });

  it('goes three deep, and with * to all foreign keys', async () => {
    const [note] = await root.rows(at('notes', '?populate=product.company.products&id=1'));
    expect(note).toMatchObject({
      product: { name: 'one', company: { name: 'Acme', products: [{ name: 'one' }] } },
    });
    const [all] = await root.rows(at('products', '?populate=*&name=one'));
    expect(all).toMatchObject({
      company_id: 1,
      company: acme,
      owner_id: 'bo',
      owner: { id: 'bo' },
    });
  });

  it('shows nothing that a plain read would hide', async () => {
    const rows = await denied.rows(at('products', '?populate=company,notes&ordering=id'));
    expect(rows).toMatchObject([
      { name: 'one', company: acme, notes: [{ text: 'a' }] },
      { name: 'two', company_id: 2, company: null },
      { name: 'three' },
    ]);
    // Rows marked as deleted, neither from below nor from above.
    const [orphan] = await root.rows(at('notes', '?populate=product&id=3'));
    expect(orphan).toMatchObject({ product_id: 4, product: null });
    const [red] = await root.rows(at('tags', '?populate=products&name=red'));
    expect(red).toMatchObject({ products: [{ name: 'one' }] });
    const [company] = await root.rows(at('companies', '?populate=products&name=Acme'));
    expect(company?.['products']).toHaveLength(1);
  });

  it('cuts what is too many, and says so', async () => {
    await root.call('POST', at('products'), { name: 'crowded' }, 201);
    const [{ id } = { id: 0 }] = await root.rows(at('products', '?name=crowded'));
    const notes = Array.from({ length: 1000 }, (_, n) => ({ product_id: id, text: `n${n}` }));
    await root.call('POST', at('notes'), notes, 201);
    const list = at('products', '?populate=notes&name=crowded');
    const [full] = await root.rows(list);
    expect(full?.['notes']).toHaveLength(1000);
    expect(full).not.toHaveProperty('notes__truncated');
    await root.call('POST', at('notes'), { product_id: id, text: 'over' }, 201);
    const [cut] = await root.rows(list);
    expect(cut?.['notes']).toHaveLength(1000);
    expect(cut).toMatchObject({ notes__truncated: true });
  });

  it('is refused when it is not understood', async () => {
    for (const populate of [
      'nothing',
      'name',
      'company.nothing',
      'owner.x',
      'a.b.c.d',
      'company.',
    ]) {
      const error = await root.refused(
        400,
        'BAD_REQUEST',
        'GET',
        at('products', `?populate=${populate}`),
      );
      expect(error.message).toContain('populate');
    }
    await root.refused(400, 'BAD_REQUEST', 'GET', at('products', '1/?populate=nothing'));
  });
});

describe('fields and allowed actions', () => {
  it('choose the columns', async () => {
    expect(await root.rows(at('products', '?fields=name,id&id=1'))).toEqual([
      { name: 'one', id: 1 },
    ]);
    expect((await root.call('GET', at('products', '1/?fields=name'))).data).toEqual({
      name: 'one',
    });
    expect(await root.rows(at('products', '?fields=name&populate=company&id=1'))).toEqual([
      { name: 'one', company_id: 1, company: { id: 1, name: 'Acme', secret: 's' } },
    ]);
    const error = await root.refused(400, 'BAD_REQUEST', 'GET', at('products', '?fields=nothing'));
    expect(error.message).toContain('nothing');
  });

  it('tell what may be done with a row, by its own rules', async () => {
    const query = '?fields=id&allowed_actions=update,delete&ordering=id&limit=1';
    expect(await root.rows(at('companies', query))).toEqual([
      { id: 1, _allowed_actions: ['update', 'delete'] },
    ]);
    const reader = taruvi(app, principal(database.slug('shop'), 'eve', { access: 'edit' }));
    expect(await reader.rows(at('companies', query))).toEqual([
      { id: 1, _allowed_actions: ['update'] },
    ]);
    await root.refused(400, 'BAD_REQUEST', 'GET', at('companies', '?allowed_actions=explode'));
  });

  it('tell the same of tables under policies', async () => {
    const query = '?fields=id&allowed_actions=read,update,delete&limit=1&ordering=id';
    expect(await root.rows(at('tags', query))).toEqual([
      { id: 1, _allowed_actions: ['read', 'update', 'delete'] },
    ]);
  });
});

describe('under policies', () => {
  it('allowed actions are what the rules of the row say', async () => {
    const rule = (actions: readonly string[], expr: string) => ({
      actions,
      effect: 'EFFECT_ALLOW',
      roles: ['seller'],
      condition: { match: { expr } },
    });
    await root.call('POST', '/default/policies', {
      apiVersion: 'api.cerbos.dev/v1',
      resourcePolicy: {
        resource: 'datatable:products',
        version: 'default',
        rules: [
          rule(['read'], 'R.attr.name != "three"'),
          rule(['update'], 'R.attr.owner_id == P.id'),
          rule(['delete'], 'R.attr.price > 1'),
        ],
      },
    });
    const tenant = database.slug('shop');
    const bo = taruvi(app, principal(tenant, 'bo', { access: 'edit', roles: ['seller'] }));
    const query = '?fields=name&allowed_actions=read,update,delete&name__in=one,two,three';
    expect(await bo.rows(at('products', `${query}&ordering=id`))).toEqual([
      { name: 'one', _allowed_actions: ['read', 'update'] },
      { name: 'two', _allowed_actions: ['read', 'delete'] },
    ]);
    // What the rules of its table hide is neither populated nor counted.
    const [company] = await bo.rows(at('companies', '?populate=products&name=Acme'));
    expect(company?.['products']).toHaveLength(1);
    const counted = await bo.call(
      'GET',
      at('products', '?_aggregate=count(*)&name__in=one,two,three'),
    );
    expect(counted.data).toEqual([{ count: 2 }]);
  });
});
