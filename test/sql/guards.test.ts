import type pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '../../control-plane/model/principal.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { createLogin } from '../support/logins.ts';
import { principal } from '../support/principal.ts';
import { asGateway, rolledBack, withClient } from '../support/sql.ts';
import { codeIn, createTenant, one, tried } from './fixture.ts';

let database: TestDatabase;
let tenant: string;
let s: string;
let ann: Principal;
let root: Principal;
let loginUrl: string;

beforeAll(async () => {
  database = await createDatabase();
  tenant = await createTenant(database, 'guards');
  s = `"t_${tenant}"`;
  ann = principal(tenant, 'ann', { access: 'full' });
  root = principal(tenant, 'root', { access: 'root' });
  loginUrl = await createLogin(database, 'ann', ann);
});

/** The same as the service does it and as people do it in psql. */
async function both(work: (client: pg.Client) => Promise<void>): Promise<void> {
  await asGateway(database, ann, work);
  await withClient(loginUrl, (client) => rolledBack(client, () => work(client)));
}

async function doc(client: pg.Client, columns = 'title', values = `'t'`): Promise<string> {
  const row = await one(
    client,
    `insert into ${s}.docs (${columns}) values (${values}) returning id`,
  );
  return String(row['id']);
}

describe('guard_frozen', () => {
  it('refuses every write, sudo included, and lets reads through', async () => {
    await both(async (client) => {
      expect(await codeIn(client, `select * from ${s}.cold`)).toBe('done');
      expect(await codeIn(client, `insert into ${s}.cold (title) values ('x')`)).toBe('RH403');
      expect(await codeIn(client, `update ${s}.cold set title = 'x'`)).toBe('RH403');
      expect(await codeIn(client, `delete from ${s}.cold`)).toBe('RH403');
    });
    await asGateway(database, { ...root, sudo: true }, async (client) => {
      const outcome = await tried(client, `delete from ${s}.cold`);
      expect(outcome).toMatchObject({ ok: false, code: 'RH403', detail: '{"table": "cold"}' });
    });
  });
});

describe('guard_sudo', () => {
  it('takes writes with a sudo token only', async () => {
    await both(async (client) => {
      expect(await codeIn(client, `insert into ${s}.vault (title) values ('x')`)).toBe('RH304');
      expect(await codeIn(client, `delete from ${s}.vault`)).toBe('RH304');
      expect(await codeIn(client, `select * from ${s}.vault`)).toBe('done');
    });
    await asGateway(database, { ...ann, sudo: true }, async (client) => {
      expect(await codeIn(client, `insert into ${s}.vault (title) values ('x')`)).toBe('done');
    });
  });
});

describe('guard_sudo_columns', () => {
  it('refuses setting them without sudo, defaults and nulls apart', async () => {
    await both(async (client) => {
      const id = await doc(client, 'title, salary', `'t', null`);
      expect(await codeIn(client, `insert into ${s}.docs (title, grade) values ('t', 'new')`)).toBe(
        'done',
      );
      const outcome = await tried(
        client,
        `insert into ${s}.docs (title, salary, grade) values ('t', 1, 'old')`,
      );
      expect(outcome).toMatchObject({
        code: 'RH305',
        message: 'Cannot modify sudo-protected fields [salary, grade] without sudo access',
      });
      const update = `update ${s}.docs set`;
      expect(await codeIn(client, `${update} salary = 1 where id = '${id}'`)).toBe('RH305');
      expect(await codeIn(client, `${update} grade = null where id = '${id}'`)).toBe('RH305');
      expect(await codeIn(client, `${update} grade = 'new', title = 'u' where id = '${id}'`)).toBe(
        'done',
      );
    });
    await asGateway(database, { ...ann, sudo: true }, async (client) => {
      const id = await doc(client, 'title, salary', `'t', 5`);
      expect(await codeIn(client, `update ${s}.docs set salary = 6 where id = '${id}'`)).toBe(
        'done',
      );
    });
  });
});

describe('guard_immutable', () => {
  it('lets a value be set once and kept', async () => {
    await both(async (client) => {
      const id = await doc(client);
      const set = (value: string) => `update ${s}.docs set code = ${value} where id = '${id}'`;
      expect(await codeIn(client, set('null'))).toBe('done');
      await client.query(set(`'TX-1'`));
      expect(await codeIn(client, set(`'TX-1'`))).toBe('done');
      expect(await codeIn(client, set('null'))).toBe('RH404');
      const outcome = await tried(client, set(`'TX-2'`));
      expect(outcome).toMatchObject({
        code: 'RH404',
        message: `Cannot modify immutable fields: code on record ${id} (was: TX-1, attempted: TX-2)`,
      });
    });
  });
});

describe('stamp', () => {
  it('sets times and version, whatever is sent', async () => {
    await both(async (client) => {
      const id = await doc(client, 'title, updated_at, _xact', `'t', '1999-01-01', '1'`);
      const row = await one(
        client,
        `select created_at = date_trunc('milliseconds', now()) as made, updated_at = created_at as same,
           _xact = pg_current_xact_id() as mine from ${s}.docs where id = '${id}'`,
      );
      expect(row).toEqual({ made: true, same: true, mine: true });
      // Each by itself: what has been left to its default calls nobody.
      for (const [name, value] of [
        ['updated_at', `'1999-01-01'`],
        ['_xact', `'1'`],
        ['created_at', 'null'],
      ]) {
        const sent = await doc(client, `title, ${name}`, `'t', ${value}`);
        const stamped = await one(
          client,
          `select created_at = date_trunc('milliseconds', now()) as made, updated_at = created_at as same,
             _xact = pg_current_xact_id() as mine from ${s}.docs where id = '${sent}'`,
        );
        expect([name, stamped]).toEqual([name, { made: true, same: true, mine: true }]);
      }
      const old = await doc(client, 'title, created_at', `'t', '2020-02-02T00:00:00Z'`);
      expect(
        await one(
          client,
          `select created_at::date::text as day from ${s}.docs where id = '${old}'`,
        ),
      ).toEqual({ day: '2020-02-02' });
      expect(
        await codeIn(
          client,
          `update ${s}.docs set created_at = now() + '1 day' where id = '${id}'`,
        ),
      ).toBe('RH409');
    });
  });
});

describe('guard_insert and guard_intent', () => {
  it('keep the marks of the trash out of inserts and updates', async () => {
    await both(async (client) => {
      expect(
        await codeIn(client, `insert into ${s}.docs (title, trashed_at) values ('t', now())`),
      ).toBe('RH409');
      const id = await doc(client);
      const outcome = await tried(
        client,
        `update ${s}.docs set trashed_at = now() where id = '${id}'`,
      );
      expect(outcome).toMatchObject({
        code: 'RH409',
        hint: 'Use DELETE to trash a row, restore(table, key) to take it back.',
      });
      expect(
        await codeIn(client, `update ${s}.docs set deleted_at = now() where id = '${id}'`),
      ).toBe('RH409');
    });
  });

  it('hold an update to the intent that let it in', async () => {
    await both(async (client) => {
      const id = await doc(client);
      const update = (change: string) => `update ${s}.docs set ${change} where id = '${id}'`;
      await client.query(`set local rowhouse.show = 'trashed'`);
      await client.query(`set local rowhouse.intent = 'delete'`);
      expect(await codeIn(client, update(`title = 'other'`))).toBe('RH303');
      expect(await codeIn(client, update(`_acl = ${s}.acl(read => array['ann'])`))).toBe('RH303');
      expect(await codeIn(client, update('deleted_at = now()'))).toBe('RH308');
      expect(await codeIn(client, update(`trashed_at = '1999-01-01'`))).toBe('done');
      await client.query(`set local rowhouse.intent = 'share'`);
      expect(await codeIn(client, update(`title = 'other'`))).toBe('RH303');
      expect(await codeIn(client, update('trashed_at = now()'))).toBe('RH409');
      expect(await codeIn(client, update(`_acl = ${s}.acl(read => array['ann'])`))).toBe('done');
    });
  });

  it('give an intent no more rows than its own right does', async () => {
    const editor = principal(tenant, 'eve', { access: 'edit' });
    await asGateway(database, editor, async (client) => {
      const id = await doc(client);
      const trash = `update ${s}.docs set trashed_at = now() where id = '${id}'`;
      const share = `update ${s}.docs set _acl = ${s}.acl(full => array['eve']) where id = '${id}'`;
      expect(await codeIn(client, share)).toBe('RH303');
      await client.query(`set local rowhouse.intent = 'delete'`);
      expect(await tried(client, trash)).toMatchObject({ ok: true, count: 0 });
      await client.query(`set local rowhouse.intent = 'share'`);
      expect(await tried(client, share)).toMatchObject({ ok: true, count: 0 });
    });
  });

  it('let a member of full change the lists in an ordinary update', async () => {
    const editor = principal(tenant, 'eve', { access: 'edit' });
    await asGateway(database, editor, async (client) => {
      const id = await doc(client, 'title, _acl', `'t', ${s}.acl(full => array['eve'])`);
      const share = `update ${s}.docs set kind = 'b', _acl = ${s}.acl(read => array['zoe']) where id = '${id}' returning id`;
      // The change by which she loses the row answers with it, once.
      expect(await tried(client, share)).toMatchObject({ ok: true, count: 1 });
    });
  });
});
