/** Objects by other ways: SQL logins, Monk, and tables of Monk as objects. */
import pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '../../../control-plane/model/principal.ts';
import { startApp, type TestApp } from '../../support/app.ts';
import { type DataSvc, dataSvc, where } from '../../support/data-svc.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { createLogin } from '../../support/logins.ts';
import { type Monk, monk } from '../../support/monk.ts';
import { principal } from '../../support/principal.ts';

let database: TestDatabase;
let app: TestApp;
let tenant: string;
let ann: DataSvc;
let bob: DataSvc;
let root: Monk;

function as(sub: string, rest: Partial<Principal> = {}): DataSvc {
  return dataSvc(app, principal(tenant, sub, rest));
}

async function sqlAs(name: string, person: Principal): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: await createLogin(database, name, person) });
  await client.connect();
  database.onClose(() => client.end());
  return client;
}

beforeAll(async () => {
  database = await createDatabase();
  app = await startApp(database);
  tenant = await app.createTenant('elsewhere');
  ann = as('ann');
  bob = as('bob');
  root = monk(app, principal(tenant, 'root', { access: 'root', sudo: true }));
});

describe('SQL logins', () => {
  it('meet the same authors, rules and rights', async () => {
    await ann.create({
      table: 'sql',
      id: 'sql_1',
      data: { n: 1 },
      readers: ['eve'],
      writers: ['dan'],
      deleters: ['dan'],
    });
    const eve = await sqlAs('eve', principal(tenant, 'eve', { orgs: ['org_e'] }));
    const dan = await sqlAs('dan', principal(tenant, 'dan'));
    expect((await eve.query('select id, data from sql')).rows).toEqual([
      { id: 'sql_1', data: { n: 1 } },
    ]);
    expect((await dan.query('select id from sql')).rows).toEqual([]);
    await eve.query(
      `insert into sql (data, _acl) values ('{"n": 2}', acl(read => array['eve', 'dan']))`,
    );
    const [made] = (
      await as('eve', { orgs: ['org_e'] }).query('sql', { filters: [where('n', 'equals', 2)] })
    ).objects;
    expect(made).toMatchObject({ authors: ['eve', 'org_e'], readers: ['eve', 'dan'], writers: [] });
    expect(made?.id).toMatch(/^sql_/);
    await expect(eve.query(`insert into sql (id) values ('other_1')`)).rejects.toMatchObject({
      code: '23514',
    });
    await expect(
      eve.query(`insert into sql (_acl) values (acl(authors => array['ann']))`),
    ).rejects.toMatchObject({ code: 'RH303' });
    // Lists by the author, who is no writer; data not.
    const id = made?.id;
    expect((await eve.query(`update sql set data = '{}' where id = $1`, [id])).rowCount).toBe(0);
    expect(
      (
        await eve.query(
          `update sql set _acl = acl(read => array['eve'], edit => array['eve'], authors => array['x']) where id = $1`,
          [id],
        )
      ).rowCount,
    ).toBe(1);
    expect((await eve.query(`update sql set data = '{"n": 3}' where id = $1`, [id])).rowCount).toBe(
      1,
    );
    expect(
      (await as('eve').query('sql', { filters: [where('id', 'equals', id)] })).objects[0],
    ).toMatchObject({ authors: ['eve', 'org_e'], data: { n: 3 } });
    // A writer and deleter without the right to read.
    expect(
      (await dan.query(`select change('sql', 'sql_1', '{"data": {"n": 9}}') as done`)).rows,
    ).toEqual([{ done: true }]);
    expect(
      (
        await dan.query(
          `select put('sql', '{"id": "sql_1", "data": {"n": 10}}', deny => array['eve']) is not null as done`,
        )
      ).rows,
    ).toEqual([{ done: true }]);
    expect((await eve.query(`select id from sql where id = 'sql_1'`)).rows).toEqual([]);
    expect((await dan.query(`select remove('sql', 'sql_1') as done`)).rows).toEqual([
      { done: true },
    ]);
    await expect(
      eve.query(`select put('sql', '{"id": "sql_9", "_acl": 0}')`),
    ).rejects.toMatchObject({ code: 'RH405' });
  });

  it('take no intent, setting or role that opens more', async () => {
    await ann.create({
      table: 'sql',
      id: 'sql_own',
      data: { n: 1 },
      deleters: ['fay'],
      readers: ['fay'],
    });
    const fay = await sqlAs('fay', principal(tenant, 'fay', { access: 'root' }));
    for (const intent of ['edit', 'delete', 'share']) {
      await fay.query(`set rowhouse.intent = ${intent}`);
      const done = await fay
        .query(`update sql set data = '{}' where id = 'sql_own'`)
        .catch(() => ({ rowCount: 0 }));
      expect(done.rowCount, intent).toBe(0);
      const relisted = await fay
        .query(`update sql set _acl = acl(edit => array['fay']) where id = 'sql_own'`)
        .catch(() => ({ rowCount: 0 }));
      expect(relisted.rowCount, intent).toBe(0);
    }
    await fay.query('reset rowhouse.intent');
    await expect(
      fay.query(
        `select rowhouse.relisted($1, _acl, '{"edit": ["fay"]}') from sql where id = 'sql_own'`,
        [tenant],
      ),
    ).rejects.toMatchObject({ code: 'RH402' });
    await expect(
      fay.query(`select rowhouse.intern_acl($1, 'lists', '{}', '{}', '{}', '{}', '{}', '{}')`, [
        tenant,
      ]),
    ).rejects.toMatchObject({ code: '42501' });
    const { rows } = await fay.query(
      `select count(*)::int as n from _rowhouse_acls where 'ann' = any (authors) and not read && '{fay,any}'`,
    );
    expect(rows).toEqual([{ n: 0 }]);
  });
});

describe('tables of other dialects', () => {
  it('Monk serves a table of objects with the same rights', async () => {
    await ann.create({
      table: 'both',
      id: 'both_1',
      data: { a: { b: 1 } },
      readers: ['any'],
      writers: ['ann'],
    });
    const annMonk = monk(app, principal(tenant, 'ann'));
    expect(await annMonk.find('both', { where: { id: 'both_1' } })).toMatchObject([
      { id: 'both_1', data: { a: { b: 1 } }, access_read: ['any'], access_edit: ['ann'] },
    ]);
    expect(
      await monk(app, principal(tenant, 'bob')).send('PUT', '/api/data/both/both_1', { data: {} }),
    ).toMatchObject({ status: 403 });
    expect(await annMonk.send('PUT', '/api/data/both/both_1', { data: { a: 2 } })).toMatchObject({
      status: 200,
    });
    const shared = await annMonk.send('PUT', '/api/acls/both/both_1', {
      access_read: ['any', 'zed'],
      access_edit: ['ann'],
    });
    expect(shared.status, shared.text).toBe(200);
    expect(
      await monk(app, principal(tenant, 'bob', { access: 'root', sudo: true })).send(
        'PUT',
        '/api/acls/both/both_1',
        { access_edit: ['bob'] },
      ),
    ).toMatchObject({ status: 403 });
    expect((await bob.query('both')).objects[0]).toMatchObject({
      readers: ['any', 'zed'],
      writers: ['ann'],
      authors: ['ann'],
    });
    const [made] = await annMonk.create('both', [
      { data: { made: 'there' }, access_read: ['bob'] },
    ]);
    expect(made?.id).toMatch(/^both_/);
    expect(made?.['access_read']).toEqual(['bob']);
    expect(
      (await bob.query('both', { filters: [where('made', 'equals', 'there')] })).objects[0],
    ).toMatchObject({ authors: ['ann'], readers: ['bob'] });
  });

  it("serves Monk's tables under their own mode", async () => {
    await root.define('posts', {
      status: 'active',
      columns: [
        { column_name: 'title', type: 'text', required: true, unique: true },
        { column_name: 'price', type: 'decimal', default_value: 5 },
      ],
    });
    const made = await ann.create({ table: 'posts', data: { title: 'one', price: 12.5 } });
    expect(made).toMatchObject({
      table: 'posts',
      data: { title: 'one', price: 12.5 },
      readers: [],
    });
    expect(made.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(
      (
        await ann.query('posts', {
          filters: [where('price', 'greaterThan', 12)],
          orderBys: [{ field: 'price', sortingType: 'numeric' }],
        })
      ).objects,
    ).toHaveLength(1);
    expect(await ann.ids('posts', [where('id', 'equals', made.id)])).toEqual([made.id]);
    expect(
      await ann.update('posts', [where('title', 'equals', 'one')], { data: { price: 7 } }),
    ).toBe(1);
    expect((await ann.upsert(made.id, { table: 'posts', data: { title: 'two' } })).data).toEqual({
      title: 'two',
      price: 5,
    });
    expect(
      await ann.send('POST', 'object', { object: { table: 'posts', data: { title: 'two' } } }),
    ).toMatchObject({ status: 409 });
    for (const data of [
      { nope: 1 },
      { title: 'x', price: 'much' },
      { title: 7 },
      { id: made.id, title: 'x' },
      {},
    ]) {
      const reply = await ann.send('POST', 'object', { object: { table: 'posts', data } });
      expect(reply, JSON.stringify(data)).toMatchObject({
        status: 400,
        body: { code: 'bad_request' },
      });
    }
    expect(
      await as('full', { access: 'full' }).remove('posts', [where('id', 'equals', made.id)]),
    ).toBe(1);
    expect(await ann.ids('posts')).toEqual([]);
    expect(await root.send('GET', `/api/trashed/posts/${made.id}`)).toMatchObject({ status: 200 });
  });
});
