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
let loginUrl: string;

beforeAll(async () => {
  database = await createDatabase();
  tenant = await createTenant(database, 'trash');
  s = `"t_${tenant}"`;
  ann = principal(tenant, 'ann', { access: 'full' });
  loginUrl = await createLogin(database, 'ann', ann);
});

async function both(work: (client: pg.Client) => Promise<void>): Promise<void> {
  await asGateway(database, ann, work);
  await withClient(loginUrl, (client) => rolledBack(client, () => work(client)));
}

async function add(client: pg.Client, table: string, values = ''): Promise<string> {
  const [columns, row] = values === '' ? ['title', `'t'`] : ['title, doc', `'t', '${values}'`];
  const made = await one(
    client,
    `insert into ${s}.${table} (${columns}) values (${row}) returning id`,
  );
  return String(made['id']);
}

const count = async (client: pg.Client, table: string, where = 'true'): Promise<unknown> =>
  (await one(client, `select count(*)::int as n from ${s}.${table} where ${where}`))['n'];

describe('trash_instead', () => {
  it('marks the row and keeps it; restore takes it back', async () => {
    await both(async (client) => {
      const id = await add(client, 'docs');
      await client.query(`delete from ${s}.docs where id = '${id}'`);
      expect(await count(client, 'docs', `id = '${id}'`)).toBe(0);
      await client.query(`set local rowhouse.show = 'trashed'`);
      expect(await count(client, 'docs', `id = '${id}' and trashed_at is not null`)).toBe(1);
      expect(await codeIn(client, `update ${s}.docs set title = 'u' where id = '${id}'`)).toBe(
        'RH401',
      );
      await client.query(`select ${s}.restore('docs', '${id}')`);
      await client.query(`set local rowhouse.show = 'live'`);
      expect(await count(client, 'docs', `id = '${id}'`)).toBe(1);
      expect(await codeIn(client, `select ${s}.restore('docs', '${id}')`)).toBe('RH400');
      expect(await codeIn(client, `select ${s}.restore('docs', 'no key')`)).toBe('RH400');
      expect(await codeIn(client, `select ${s}.restore('nothing', '${id}')`)).toBe('RH201');
    });
  });

  it('keeps rows out of an update that reads no column', async () => {
    await both(async (client) => {
      const gone = await add(client, 'docs');
      const kept = await add(client, 'docs');
      await client.query(`delete from ${s}.docs where id = '${gone}'`);
      expect(await tried(client, `update ${s}.docs set count = 3`)).toMatchObject({ count: 1 });
      expect(await count(client, 'docs', `id = '${kept}'`)).toBe(1);
      await client.query(`set local rowhouse.show = 'trashed'`);
      expect(await codeIn(client, `update ${s}.docs set count = 3`)).toBe('RH401');
    });
  });

  it('needs the delete right, for restore too', async () => {
    const id = await asGateway(database, ann, (client) => add(client, 'docs'), { commit: true });
    const editor = principal(tenant, 'eve', { access: 'edit' });
    await asGateway(database, editor, async (client) => {
      await client.query(`delete from ${s}.docs where id = '${id}'`);
      expect(await count(client, 'docs', `id = '${id}'`)).toBe(1);
    });
    await asGateway(
      database,
      ann,
      (client) => client.query(`delete from ${s}.docs where id = '${id}'`),
      { commit: true },
    );
    await asGateway(database, editor, async (client) => {
      expect(await codeIn(client, `select ${s}.restore('docs', '${id}')`)).toBe('RH402');
    });
  });

  it('puts the intent back', async () => {
    await both(async (client) => {
      const id = await add(client, 'docs');
      const other = await add(client, 'docs');
      await client.query(`delete from ${s}.docs where id = '${id}'`);
      expect(await codeIn(client, `update ${s}.docs set title = 'u' where id = '${other}'`)).toBe(
        'done',
      );
    });
  });
});

describe('permanent deletion', () => {
  const mark = (id: string) =>
    `update ${s}.docs set deleted_at = now() where id = '${id}' returning id`;

  it('is for level root, answers once and hides the row for good', async () => {
    const root = principal(tenant, 'root', { access: 'root' });
    await asGateway(
      database,
      root,
      async (client) => {
        const id = await add(client, 'docs');
        expect(await tried(client, mark(id))).toMatchObject({ ok: true, count: 1 });
        await client.query(mark(id));
        await client.query(`reset rowhouse.intent`);
        await client.query(`set local rowhouse.show = 'live'`);
        expect(await count(client, 'docs', `id = '${id}' and trashed_at is not null`)).toBe(0);
      },
      { show: 'trashed', intent: 'delete' },
    );
  });

  it('is shown with sudo only', async () => {
    const sudo = principal(tenant, 'root', { access: 'root', sudo: true });
    const id = await asGateway(
      database,
      sudo,
      async (client) => {
        const made = await add(client, 'docs');
        await client.query(mark(made));
        return made;
      },
      { show: 'trashed', intent: 'delete', commit: true },
    );
    const seen = (who: Principal) =>
      asGateway(database, who, (client) => count(client, 'docs', `id = '${id}'`), {
        show: 'deleted',
      });
    expect(await seen(sudo)).toBe(1);
    expect(await seen({ ...sudo, sudo: false })).toBe(0);
    await asGateway(
      database,
      sudo,
      async (client) => {
        expect(
          await codeIn(client, `update ${s}.docs set deleted_at = null where id = '${id}'`),
        ).toBe('RH400');
      },
      { show: 'deleted', intent: 'delete' },
    );
  });
});

describe('cascade_trash', () => {
  it('takes children along and back, with the same mark, hidden ones too', async () => {
    await both(async (client) => {
      const id = await add(client, 'docs');
      const child = await add(client, 'notes', id);
      const hidden = await one(
        client,
        `insert into ${s}.notes (title, doc, _acl) values ('t', '${id}', ${s}.acl(read => array['zoe'])) returning id`,
      );
      await client.query(`delete from ${s}.docs where id = '${id}'`);
      expect(await count(client, 'notes', `id = '${child}'`)).toBe(0);
      await client.query(`set local rowhouse.show = 'trashed'`);
      expect(
        await count(
          client,
          'notes',
          `id in ('${child}', '${hidden['id']}') and trashed_at = (select trashed_at from ${s}.docs where id = '${id}')`,
        ),
      ).toBe(2);
      await client.query(`select ${s}.restore('docs', '${id}')`);
      expect(await count(client, 'notes', `doc = '${id}' and trashed_at is null`)).toBe(2);
    });
  });

  it('is stopped by required children, until they are gone', async () => {
    await both(async (client) => {
      const id = await add(client, 'docs');
      const task = await add(client, 'tasks', id);
      const outcome = await tried(client, `delete from ${s}.docs where id = '${id}'`);
      expect(outcome).toMatchObject({
        code: 'RH408',
        message: 'Cannot delete record: existing relationships found',
      });
      await client.query(`delete from ${s}.tasks where id = '${task}'`);
      expect(await codeIn(client, `delete from ${s}.docs where id = '${id}'`)).toBe('done');
    });
  });
});

describe('check_reference', () => {
  it('refuses a hidden row and a missing one alike, in every field of the error', async () => {
    const hidden = await asGateway(
      database,
      { ...ann, sudo: true },
      async (client) => {
        const row = await one(
          client,
          `insert into ${s}.docs (title, _acl) values ('t', ${s}.acl(read => array['zoe'])) returning id`,
        );
        return String(row['id']);
      },
      { commit: true },
    );
    await both(async (client) => {
      const link = (id: string) => `insert into ${s}.notes (title, doc) values ('t', '${id}')`;
      const missing = await tried(client, link('00000000-0000-7000-8000-000000000000'));
      expect(missing).toMatchObject({ ok: false, code: '23503', constraint: 'notes_doc_fkey' });
      expect(await tried(client, link(hidden))).toEqual(missing);
      const own = await add(client, 'docs');
      const child = await add(client, 'notes', own);
      const move = (id: string) => `update ${s}.notes set doc = '${id}' where id = '${child}'`;
      expect(await tried(client, move(hidden))).toEqual(missing);
      // A parent that was hidden later does not stop other changes of the child.
      await client.query(
        `update ${s}.docs set _acl = ${s}.acl(read => array['zoe']) where id = '${own}'`,
      );
      expect(await codeIn(client, `update ${s}.notes set title = 'u' where id = '${child}'`)).toBe(
        'done',
      );
    });
  });
});
