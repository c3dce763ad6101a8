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
let relation: number;

beforeAll(async () => {
  database = await createDatabase();
  tenant = await createTenant(database, 'share');
  s = `"t_${tenant}"`;
  const row = await one(
    database.admin,
    `select r.id from control.relations r join control.tenants t on t.id = r.tenant_id
     where t.slug = '${tenant}' and r.name = 'docs'`,
  );
  relation = Number(row['id']);
});

const person = (sub: string, access: Principal['access'], sudo = false): Principal =>
  principal(tenant, sub, { access, sudo });

async function seed(lists: string): Promise<string> {
  return asGateway(
    database,
    person('seeder', 'root', true),
    async (client) => {
      const row = await one(
        client,
        `insert into ${s}.docs (title, _acl) values ('t', ${s}.acl(${lists})) returning id`,
      );
      return String(row['id']);
    },
    { commit: true },
  );
}

const change = 'select * from rowhouse.change_access($1, $2, $3, $4, $5)';

async function share(
  client: pg.Client,
  keys: readonly string[],
  mode: string,
  lists: unknown,
  strict = true,
) {
  return tried(client, change, [relation, keys, mode, JSON.stringify(lists), strict]);
}

describe('change_access', () => {
  it('is for members of full, level full and root, and sudo; never for the denied', async () => {
    const cases = [
      ['', 'edit', false, 'RH303'],
      ['', 'read', false, 'RH303'],
      ['', 'deny', false, 'RH400'],
      ['', 'full', false, 'done'],
      [`full => array['ann']`, 'deny', false, 'done'],
      [`edit => array['ann']`, 'edit', false, 'RH303'],
      [`read => array['zoe']`, 'edit', false, 'RH400'],
      [`read => array['zoe']`, 'full', false, 'done'],
      [`deny => array['zoe']`, 'root', false, 'done'],
      [`deny => array['ann']`, 'root', false, 'RH400'],
      [`full => array['ann'], deny => array['ann']`, 'root', false, 'RH400'],
      [`deny => array['ann']`, 'deny', true, 'done'],
    ] as const;
    for (const [lists, access, sudo, expected] of cases) {
      const id = await seed(lists);
      await asGateway(database, person('ann', access, sudo), async (client) => {
        const outcome = await share(client, [id], 'set', { read: ['bob'] });
        expect([lists, access, sudo, outcome.ok ? 'done' : outcome.code]).toEqual([
          lists,
          access,
          sudo,
          expected,
        ]);
      });
    }
  });

  it('merges, replaces, sets and patches', async () => {
    const id = await seed(
      `read => array['a','b'], edit => array['c'], "delete" => array['d'], authors => array['w']`,
    );
    await asGateway(database, person('ann', 'root', true), async (client) => {
      const after = async (mode: string, lists: unknown) => {
        const outcome = await share(client, [id], mode, lists);
        return outcome.ok ? outcome.rows[0]?.['lists_after'] : outcome;
      };
      const before = { read: ['a', 'b'], edit: ['c'], full: [], delete: ['d'], deny: [] };
      const authors = ['w'];
      expect(await after('merge', { read: ['b', 'x'] })).toEqual({
        ...before,
        read: ['a', 'b', 'x'],
        authors,
      });
      expect(await after('set', { read: [] })).toEqual({ ...before, read: [], authors });
      expect(await after('replace', { read: ['x', 'x'] })).toEqual({
        read: ['x'],
        edit: [],
        full: [],
        delete: [],
        deny: [],
        authors,
      });
      expect(
        await after('patch', { add: { read: ['x'], full: ['y'] }, remove: { read: ['a'] } }),
      ).toEqual({ ...before, read: ['b', 'x'], full: ['y'], authors });
      const bad = await share(client, [id], 'set', { read: [''] });
      expect(bad).toMatchObject({ ok: false, code: 'RH405' });
    });
  });

  it('answers with the row only to those who could read it', async () => {
    const hidden = await seed(`read => array['zoe']`);
    const open = await seed('');
    await asGateway(database, person('ann', 'full'), async (client) => {
      const outcome = await share(client, [hidden, open], 'set', { deny: ['x'] });
      if (!outcome.ok) throw new Error(outcome.message);
      expect(outcome.rows.map(({ key, after }) => [key, after === null])).toEqual([
        [hidden, true],
        [open, false],
      ]);
      // The same transaction goes on seeing no more than before.
      await client.query(change, [relation, [hidden], 'set', '{"deny":["x"]}', true]);
      const row = await one(client, `select count(*)::int as n from ${s}.docs where id = $1`, [
        hidden,
      ]);
      expect(row).toEqual({ n: 0 });
    });
  });

  it('is all or nothing when strict, skips otherwise, and names missing keys', async () => {
    const open = await seed('');
    const read = await seed(`read => array['ann']`);
    await asGateway(database, person('ann', 'edit'), async (client) => {
      expect(await share(client, [read, 'no key'], 'set', {})).toMatchObject({
        code: 'RH400',
        detail: expect.stringContaining('no key'),
      });
      const mine = await one(
        client,
        `insert into ${s}.docs (title, _acl) values ('t', ${s}.acl(full => array['ann'])) returning id`,
      );
      const keys = [read, String(mine['id']), open];
      expect(await share(client, keys, 'merge', { read: ['x'] })).toMatchObject({ code: 'RH303' });
      expect(await share(client, keys, 'merge', { read: ['x'] }, false)).toMatchObject({
        ok: true,
        count: 1,
      });
    });
  });

  it('does not touch trashed rows, frozen tables or tables without lists', async () => {
    const id = await seed('');
    await asGateway(database, person('ann', 'full'), async (client) => {
      await client.query(`delete from ${s}.docs where id = $1`, [id]);
      expect(await share(client, [id], 'set', {})).toMatchObject({ code: 'RH401' });
      const other = await one(
        client,
        `select max(case when true then 1 end) as n, count(*) from ${s}.open`,
      );
      expect(other).toBeDefined();
      expect(await codeIn(client, change, [9999, [id], 'set', '{}', true])).toBe('RH201');
    });
  });
});

describe('people in psql', () => {
  it('share and look', async () => {
    const url = await createLogin(database, 'ann', person('ann', 'full'));
    const id = await seed('');
    await withClient(url, (client) =>
      rolledBack(client, async () => {
        const shared = await one(
          client,
          `select ${s}.share('docs', $1, read => array['bob'], full => array['ann']) as lists`,
          [id],
        );
        expect(shared['lists']).toMatchObject({ read: ['bob'], full: ['ann'], edit: [] });
        const access = await one(client, `select ${s}.access_of('docs', $1) as access`, [id]);
        expect(access['access']).toMatchObject({
          read: ['bob'],
          may: { read: true, edit: true, delete: true, share: true },
        });
        expect(await codeIn(client, `select ${s}.access_of('docs', 'nope')`)).toBe('RH400');
        expect(await codeIn(client, `select ${s}.share('docs', $1, mode => 'x')`, [id])).toBe(
          'RH100',
        );
      }),
    );
    const denied = await seed(`deny => array['ann']`);
    await withClient(url, (client) =>
      rolledBack(client, async () => {
        expect(await codeIn(client, `select ${s}.access_of('docs', $1)`, [denied])).toBe('RH400');
        expect(await codeIn(client, `select ${s}.share('docs', $1)`, [denied])).toBe('RH400');
      }),
    );
  });
});

describe('faults', () => {
  it('lists everything that is wrong with the rows sent', async () => {
    const rows = [
      { title: 'fine', count: 3, seen: '2024-01-01T00:00:00Z', tags: ['a'], data: [1], flag: true },
      { title: 'x'.repeat(21), kind: 'c', email: 'no', count: 10, nonsense: 1, _acl: 3 },
      { kind: null, count: '7', salary: '1e3', flag: 'true', tags: 'a', seen: 'no time' },
      { title: 5, count: 1.5, tags: [1], id: 'no uuid', created_at: 'x' },
    ];
    await asGateway(database, person('ann', 'edit'), async (client) => {
      const { faults } = await one(client, 'select rowhouse.faults($1, $2, $3) as faults', [
        relation,
        JSON.stringify(rows),
        'insert',
      ]);
      const found = (faults as { row: number; field: string; code: string }[]).map(
        ({ row, field, code }) => [row, field, code],
      );
      expect(found).toEqual([
        [1, 'title', 'maximum'],
        [1, 'kind', 'enum'],
        [1, 'email', 'pattern'],
        [1, 'count', 'maximum'],
        [1, 'nonsense', 'unknown_field'],
        [2, 'title', 'required'],
        [2, 'seen', 'type'],
        [2, 'tags', 'type'],
        [2, 'flag', 'type'],
        [3, 'id', 'type'],
        [3, 'title', 'type'],
        [3, 'count', 'type'],
        [3, 'tags', 'type'],
      ]);
      const update = await one(client, 'select rowhouse.faults($1, $2, $3) as faults', [
        relation,
        JSON.stringify([{ kind: 'a' }, { title: null }]),
        'update',
      ]);
      expect(update['faults']).toMatchObject([{ row: 1, field: 'title', code: 'required' }]);
    });
  });
});
