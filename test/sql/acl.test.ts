import { beforeAll, describe, expect, it } from 'vitest';
import { type AccessList, accessLists } from '../../control-plane/model/table.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { createLogin } from '../support/logins.ts';
import { principal } from '../support/principal.ts';
import { asGateway, attempt, codeOf, rolledBack, withClient } from '../support/sql.ts';
import { codeIn, createTenant } from './fixture.ts';

let database: TestDatabase;
let tenant: string;
let docs: string;

beforeAll(async () => {
  database = await createDatabase();
  tenant = await createTenant(database, 'acl');
  docs = `"t_${tenant}".docs`;
});

type Lists = { readonly [list in AccessList]?: readonly string[] };

/** The rules of the page, written apart from the SQL: what a principal may do with a row of these lists. */
function expected(lists: Lists, names: readonly string[], level: number, sudo: boolean) {
  const listed = (...wanted: AccessList[]): boolean =>
    wanted.some((list) => lists[list]?.some((name) => names.includes(name)));
  if (sudo) return { read: true, edit: true, delete: true, manage: true };
  if (listed('deny')) return { read: false, edit: false, delete: false, manage: false };
  const manage = level >= 3 || listed('full');
  const explicit = (['read', 'edit', 'full', 'delete', 'deny'] as const).some(
    (list) => (lists[list]?.length ?? 0) > 0,
  );
  return explicit
    ? {
        read: listed('read', 'edit', 'full'),
        edit: listed('edit', 'full'),
        // The delete list speaks of rows one can read.
        delete: listed('full') || (listed('delete') && listed('read', 'edit')),
        manage,
      }
    : { read: level >= 1, edit: level >= 2, delete: level >= 3, manage };
}

const combinations: readonly Lists[] = [
  {},
  { authors: ['ann'] },
  ...accessLists.filter((list) => list !== 'authors').map((list) => ({ [list]: ['ann'] })),
  { read: ['staff'], deny: ['ann'] },
  { full: ['ann'], deny: ['bob'] },
  { read: ['bob'], edit: ['staff', 'zoe'], delete: ['ann'] },
  { read: ['ann'], delete: ['staff', 'ann'] },
  { read: ["o'hara", '%', '{a,b}', '"'], full: ['bob'] },
];

describe('members of a list', () => {
  const long = 'x'.repeat(255);
  it.each([
    ['{}', []],
    ['{a}', ['a']],
    ['{a,a}', ['a']],
    ['{b,a}', ['b', 'a']],
    ['{b,a,b,c}', ['b', 'a', 'c']],
    ['[5:6]={b,a}', ['b', 'a']],
    ['[0:0]={a}', ['a']],
    ['{{b,a},{a,c}}', ['b', 'a', 'c']],
    [`{${long},a}`, [long, 'a']],
  ])('%s: in order, once each', async (list, members) => {
    const { rows } = await database.admin.query(
      'select rowhouse.members($1) as m, array_lower(rowhouse.members($1), 1) as lower',
      [list],
    );
    expect(rows[0]).toEqual({ m: members, lower: members.length === 0 ? null : 1 });
  });

  it.each([
    '{NULL}',
    '{""}',
    '{NULL,a}',
    '{a,NULL}',
    '{"",a}',
    '{a,""}',
    `{${long}x}`,
    `{${long}ä}`,
    `{a,${long}x}`,
    `{${long}x,a}`,
    `{a,b,""}`,
  ])('%s: no name, or one of more than 255 bytes', async (list) => {
    const text = 'select rowhouse.members($1)';
    expect(await codeOf(database.admin, text, [list])).toBe('RH405');
  });
});

describe('verdicts', () => {
  // Making lists takes the right to give them to a row; their number is told to anyone of the tenant.
  beforeAll(async () => {
    await asGateway(
      database,
      principal(tenant, 'maker'),
      async (client) => {
        for (const lists of combinations) {
          await client.query(`select "t_${tenant}"._rowhouse_acl($1,$2,$3,$4,$5,$6)`, [
            ...accessLists.map((list) => lists[list] ?? []),
          ]);
        }
      },
      { commit: true },
    );
  });

  it.each(['deny', 'read', 'edit', 'full', 'root'] as const)('of level %s', async (access) => {
    for (const sudo of [false, true]) {
      for (const roles of [[], ['staff'], ["o'hara"], ['{a,b}']]) {
        const ann = principal(tenant, 'ann', { access, roles, sudo });
        await asGateway(database, ann, async (client) => {
          const s = `"t_${tenant}"`;
          for (const lists of combinations) {
            const values = accessLists.map((list) => lists[list] ?? []);
            const made = await client.query(`select ${s}._rowhouse_acl($1,$2,$3,$4,$5,$6) as id`, [
              ...values,
            ]);
            const { rows } = await client.query(
              `select get_bit(${s}._rowhouse_readable(), $1) = 1 as read, get_bit(${s}._rowhouse_changeable(), $1) = 1 as edit,
                 get_bit(${s}._rowhouse_deletable(), $1) = 1 as delete, get_bit(${s}._rowhouse_manageable(), $1) = 1 as manage`,
              [made.rows[0].id],
            );
            const level = ['deny', 'read', 'edit', 'full', 'root'].indexOf(access);
            expect([lists, rows[0]]).toEqual([
              lists,
              expected(lists, ['ann', ...roles], level, sudo),
            ]);
          }
        });
      }
    }
  });

  it('are the same from stored bits, and stay right when new lists come', async () => {
    const s = `"t_${tenant}"`;
    const ann = principal(tenant, 'ann', { access: 'read', roles: ['staff'] });
    const make = (from: number, to: number) =>
      asGateway(
        database,
        principal(tenant, 'maker'),
        (client) =>
          client.query(
            `select ${s}._rowhouse_acl(array['p' || i, case when i % 3 = 0 then 'ann' else 'zoe' end], '{}', '{}', '{}', '{}', '{}')
             from generate_series(${from}, ${to}) as i`,
          ),
        { commit: true },
      );
    const bits = () =>
      asGateway(database, ann, async (client) => {
        const { rows } = await client.query(`select ${s}._rowhouse_readable()::text as bits`);
        return String(rows[0].bits);
      });
    await make(1, 100);
    const computed = await bits();
    await asGateway(database, ann, (client) => client.query(`select ${s}._rowhouse_extend()`), {
      commit: true,
    });
    const stored = await database.admin.query(
      `select "right", covered from ${s}._rowhouse_verdicts order by 1`,
    );
    expect(stored.rows.map(({ right }) => right)).toEqual(['delete', 'edit', 'manage', 'read']);
    expect(await bits()).toBe(computed);
    await make(101, 110);
    const longer = await bits();
    expect(longer.slice(0, computed.length)).toBe(computed);
    expect(longer.length).toBeGreaterThan(computed.length);
    const extend = async () => {
      await asGateway(database, ann, (client) => client.query(`select ${s}._rowhouse_extend()`), {
        commit: true,
      });
      const { rows } = await database.admin.query(
        `select "right", covered, xmin from ${s}._rowhouse_verdicts order by 1`,
      );
      return rows;
    };
    const extended = await extend();
    expect(extended.map(({ covered }) => covered)).toEqual(
      stored.rows.map(({ covered }) => covered + 10),
    );
    expect(await bits()).toBe(longer);
    // None behind: nothing is written.
    expect(await extend()).toEqual(extended);
  });

  it('are not stored while a creator of lists is in flight, and its lock does not outlive the call', async () => {
    const s = `"t_${tenant}"`;
    const lateUrl = await createLogin(database, 'late', principal(tenant, 'late'));
    await withClient(lateUrl, async (holder) => {
      await holder.query('begin');
      await holder.query(`select ${s}.acl(read => array['in flight'])`);
      await withClient(lateUrl, async (client) => {
        await client.query('begin');
        await client.query(`select ${s}._rowhouse_extend()`);
        const before = await database.admin.query(
          `select count(*)::int as n from ${s}._rowhouse_verdicts`,
        );
        await holder.query('rollback');
        await client.query(`select ${s}._rowhouse_extend()`);
        // Open transaction, yet another can create lists.
        const outcome = await attempt(holder, `select ${s}.acl(read => array['after'])`);
        expect(outcome.ok).toBe(true);
        await client.query('commit');
        const after = await database.admin.query(
          `select count(*)::int as n from ${s}._rowhouse_verdicts`,
        );
        expect(after.rows[0].n).toBe(before.rows[0].n + 4);
      });
    });
  });
});

describe('interning', () => {
  it('keeps order, drops duplicates, finds what is there', async () => {
    await asGateway(database, principal(tenant, 'ann'), async (client) => {
      const s = `"t_${tenant}"`;
      const { rows } = await client.query(
        `select ${s}.acl(read => array['b','a','b','ann']) as one, ${s}.acl(read => array['b','a','ann','ann']) as two,
           ${s}.acl(read => array['a','b','ann']) as three, ${s}.acl() as none`,
      );
      const [row] = rows;
      expect(row.one).toBe(row.two);
      expect(row.three).not.toBe(row.one);
      expect(row.none).toBe(0);
      const lists = await client.query(`select "read" from ${s}._rowhouse_acls where id = $1`, [
        row.one,
      ]);
      expect(lists.rows).toEqual([{ read: ['b', 'a', 'ann'] }]);
    });
  });

  it.each([[['']], [[null]], [['x'.repeat(256)]]])('refuses a bad member: %j', async (list) => {
    await asGateway(database, principal(tenant, 'ann'), async (client) => {
      expect(await codeOf(client, `select "t_${tenant}".acl(read => $1)`, [list])).toBe('RH405');
    });
  });

  it('shows a login role lists only of ACLs that can be read, whether it writes or not', async () => {
    const s = `"t_${tenant}"`;
    const made = async (name: string): Promise<number> => {
      const lists = `"read" => array['${name}'], edit => '{}', "full" => '{}', "delete" => '{}', deny => '{}', authors => '{}'`;
      return withClient(database.url, async (client) => {
        await client.query('set role rowhouse_owner');
        const { rows } = await client.query(`select ${s}._rowhouse_acl(${lists}) as id`);
        return Number(rows[0].id);
      });
    };
    const [own, other] = [await made('lena'), await made('zoe of the others')];
    const url = await createLogin(database, 'lena', principal(tenant, 'lena'));
    await withClient(url, async (client) => {
      const shown = async () => {
        const text = `select id from ${s}._rowhouse_acls where id in ($1, $2)`;
        return (await client.query(text, [own, other])).rows;
      };
      expect(await shown()).toEqual([{ id: own }]);
      await client.query('begin');
      await client.query('select pg_current_xact_id()');
      expect(await shown()).toEqual([{ id: own }]);
      await client.query('rollback');
    });
  });

  it('shows lists only of ACLs that can be read', async () => {
    await asGateway(database, principal(tenant, 'ann'), async (client) => {
      const s = `"t_${tenant}"`;
      const { rows } = await client.query(`select ${s}.acl(read => array['zoe']) as id`);
      const seen = await client.query(
        `select id, "read" from ${s}._rowhouse_acls where id in (0, $1)`,
        [rows[0].id],
      );
      expect(seen.rows).toEqual([{ id: 0, read: [] }]);
      for (const table of ['principals', 'verdicts', 'grants']) {
        expect(await codeIn(client, `select * from ${s}._rowhouse_${table}`)).toBe('42501');
      }
      expect(await codeIn(client, `insert into ${s}._rowhouse_acls (digest) values ('')`)).toBe(
        '42501',
      );
    });
  });
});

describe('rows, as the gateway and as a login role', () => {
  const people = {
    reader: principal('', 'ann', { access: 'read' }),
    editor: principal('', 'ann', { access: 'edit' }),
    full: principal('', 'ann', { access: 'full' }),
    denied: principal('', 'ann', { access: 'deny' }),
  } as const;

  /** What came of each verb on a row with these lists. */
  async function verbs(who: keyof typeof people, lists: Lists, login: boolean) {
    const person = { ...people[who], tenant };
    const id = await seed(lists);
    const work = async (client: Parameters<typeof attempt>[0]) => {
      const count = async (text: string): Promise<number | string> => {
        await client.query('savepoint s');
        const outcome = await attempt(client, text);
        await client.query('rollback to s');
        return outcome.ok ? outcome.count : outcome.code;
      };
      return {
        select: await count(`select id from ${docs} where id = '${id}'`),
        update: await count(`update ${docs} set kind = 'b' where id = '${id}'`),
        insert: await count(`insert into ${docs} (title) values ('new') returning id`),
      };
    };
    if (!login) return asGateway(database, person, work);
    const url = logins.get(who) ?? (await createLogin(database, who, person));
    logins.set(who, url);
    return withClient(url, (client) => rolledBack(client, () => work(client)));
  }
  const logins = new Map<string, string>();

  async function seed(lists: Lists): Promise<string> {
    const values = accessLists.map((list) => lists[list] ?? []);
    return asGateway(
      database,
      principal(tenant, 'seeder', { sudo: true }),
      async (client) => {
        const { rows } = await client.query(
          `insert into ${docs} (title, _acl) values ('seed', "t_${tenant}"._rowhouse_acl($1,$2,$3,$4,$5,$6)) returning id`,
          [...values],
        );
        return String(rows[0].id);
      },
      { commit: true },
    );
  }

  it.each([false, true])('login: %s', async (login) => {
    expect(await verbs('reader', {}, login)).toEqual({ select: 1, update: 0, insert: '42501' });
    expect(await verbs('editor', {}, login)).toEqual({ select: 1, update: 1, insert: 1 });
    expect(await verbs('denied', {}, login)).toEqual({ select: 0, update: 0, insert: '42501' });
    expect(await verbs('editor', { read: ['ann'] }, login)).toMatchObject({ select: 1, update: 0 });
    expect(await verbs('reader', { edit: ['ann'] }, login)).toMatchObject({ select: 1, update: 1 });
    expect(await verbs('full', { read: ['zoe'] }, login)).toMatchObject({ select: 0, update: 0 });
    expect(await verbs('full', { deny: ['ann'] }, login)).toMatchObject({ select: 0, update: 0 });
    expect(await verbs('denied', { full: ['ann'] }, login)).toMatchObject({ select: 1, update: 1 });
  });

  it('answers once with a row its maker cannot read', async () => {
    await asGateway(database, { ...people.editor, tenant }, async (client) => {
      const { rows } = await client.query(
        `insert into ${docs} (title, _acl) values ('secret', "t_${tenant}".acl(read => array['nobody else'])) returning id, title`,
      );
      expect(rows).toMatchObject([{ title: 'secret' }]);
    });
  });

  it('takes no _acl that is none: one would break every read of the table', async () => {
    await asGateway(database, { ...people.editor, tenant }, async (client) => {
      await client.query('savepoint s');
      for (const number of [999_999, -1]) {
        expect(
          await codeOf(client, `insert into ${docs} (title, _acl) values ('x', ${number})`),
        ).toBe('RH409');
        await client.query('rollback to s');
      }
    });
  });
});

describe('mode grants', () => {
  it('asks for a role that holds the verb', async () => {
    const open = `"t_${tenant}".open`;
    await database.admin.query(
      `insert into "t_${tenant}"._rowhouse_grants (relation, verb, role)
       select r.id, 'select', 'viewer' from control.relations r join control.tenants t on t.id = r.tenant_id
       where t.slug = $1 and r.name = 'open'`,
      [tenant],
    );
    await database.admin.query(`insert into ${open} (title) values ('x')`);
    const run = (access: 'edit' | 'root', roles: string[], text: string) =>
      asGateway(database, principal(tenant, 'ann', { access, roles }), async (client) => {
        const outcome = await attempt(client, text);
        return outcome.ok ? outcome.count : outcome.code;
      });
    expect(await run('edit', [], `select * from ${open}`)).toBe(0);
    expect(await run('edit', ['viewer'], `select * from ${open}`)).toBe(1);
    expect(await run('edit', ['viewer'], `update ${open} set title = 'y'`)).toBe(0);
    expect(await run('edit', ['viewer'], `insert into ${open} (title) values ('y')`)).toBe('42501');
    expect(await run('edit', ['PGREST_WRITE'], `update ${open} set title = 'y'`)).toBe(1);
    expect(await run('root', [], `delete from ${open}`)).toBe(1);
  });
});
