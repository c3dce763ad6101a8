/** No answer of REST or SQL tells a hidden row from a missing one, or shows a value of it. */
import format from 'pg-format';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Reply, startApp, type TestApp } from '../support/app.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { createLogin } from '../support/logins.ts';
import { type Monk, monk } from '../support/monk.ts';
import { principal } from '../support/principal.ts';
import { attempt, rolledBack, withClient } from '../support/sql.ts';

const id = (number: number): string =>
  `00000000-0000-7000-8000-${String(number).padStart(12, '0')}`;
const visible = id(1);
const hidden = id(2);
const missing = id(3);
const secret = 'confidential';

let database: TestDatabase;
let app: TestApp;
let tenant: string;
let boss: Monk;
let ann: Monk;
let annUrl: string;
let parent: string;
let child: string;

beforeAll(async () => {
  database = await createDatabase();
  app = await startApp(database);
  tenant = await app.createTenant('leaks');
  boss = monk(app, principal(tenant, 'boss', { access: 'root', sudo: true }));
  ann = monk(app, principal(tenant, 'ann', { access: 'edit' }));
  await boss.define('parent', {
    status: 'active',
    columns: [
      { column_name: 'code', type: 'text', unique: true, tracked: true },
      { column_name: 'note', type: 'text', searchable: true, immutable: true },
      { column_name: 'amount', type: 'integer', index: true },
      { column_name: 'price', type: 'decimal', index: true },
      { column_name: 'doc', type: 'jsonb' },
    ],
  });
  await boss.define('child', {
    status: 'active',
    columns: [
      { column_name: 'note', type: 'text' },
      {
        column_name: 'parent_id',
        type: 'uuid',
        relationship_type: 'owned',
        related_schema: 'parent',
        relationship_name: 'children',
      },
    ],
  });
  await boss.define('part', {
    status: 'active',
    columns: [
      { column_name: 'note', type: 'text' },
      {
        column_name: 'parent_id',
        type: 'uuid',
        relationship_type: 'owned',
        related_schema: 'parent',
        relationship_name: 'parts',
        cascade_delete: true,
      },
    ],
  });
  await boss.create('parent', [
    { id: visible, code: 'V', note: 'plain', amount: 1, price: '1.5', doc: { a: 1 } },
    {
      id: hidden,
      code: 'H',
      note: secret,
      amount: 7,
      price: '7.5',
      doc: { a: secret },
      access_full: ['boss'],
    },
  ]);
  await boss.create('parent', [
    { id: id(4), code: 'D', note: secret, access_delete: ['ann'] },
    { id: id(5), code: 'F', note: 'own', access_full: ['ann'] },
  ]);
  await boss.create('part', [
    { id: id(21), note: secret, parent_id: id(5), access_full: ['boss'] },
    { id: id(22), note: 'seen', parent_id: id(5) },
  ]);
  await boss.create('child', [
    { id: id(11), note: 'seen', parent_id: visible },
    { id: id(12), note: secret, parent_id: visible, access_full: ['boss'] },
    { id: id(13), note: secret, parent_id: hidden },
  ]);
  await database.admin.query('analyze');
  annUrl = await createLogin(database, 'ann', principal(tenant, 'ann', { access: 'edit' }));
  parent = format('%I.parent', `t_${tenant}`);
  child = format('%I.child', `t_${tenant}`);
});

/** A reply with the key asked for blotted out: what is left must not depend on it. */
function blotted(reply: Reply, key: string): [number, string] {
  expect(reply.text).not.toContain(secret);
  return [reply.status, reply.text.replaceAll(key, '<key>')];
}

/** Sends the same request about the hidden row and about one that never was. */
async function same(
  method: string,
  path: (key: string) => string,
  body?: (key: string) => unknown,
) {
  const [about, never] = await Promise.all(
    [hidden, missing].map(async (key) =>
      blotted(await ann.send(method, path(key), body?.(key)), key),
    ),
  );
  expect(about, `${method} ${path('<key>')}`).toEqual(never);
  return about;
}

describe('by key', () => {
  const byKey: readonly (readonly [
    string,
    (key: string) => string,
    ((key: string) => unknown)?,
  ])[] = [
    ['GET', (key) => `/api/data/parent/${key}`],
    ['GET', (key) => `/api/data/parent/${key}?include_trashed=true`],
    ['PUT', (key) => `/api/data/parent/${key}`, () => ({ code: 'N' })],
    ['PUT', (key) => `/api/data/parent/${key}`, () => ({ note: 'other' })],
    ['PUT', (key) => `/api/data/parent/${key}`, () => ({ amount: 'not a number' })],
    ['PUT', (key) => `/api/data/parent/${key}`, () => ({ access_read: ['ann'] })],
    [
      'PATCH',
      (key) => `/api/data/parent/${key}?include_trashed=true`,
      () => ({ trashed_at: null }),
    ],
    ['DELETE', (key) => `/api/data/parent/${key}`],
    ['PUT', () => '/api/data/parent', (key) => [{ id: key, code: 'N' }]],
    [
      'PUT',
      () => '/api/data/parent',
      (key) => [
        { id: visible, code: 'V' },
        { id: key, code: 'N' },
      ],
    ],
    ['DELETE', () => '/api/data/parent', (key) => [key]],
    ['GET', (key) => `/api/acls/parent/${key}`],
    ['PUT', (key) => `/api/acls/parent/${key}`, () => ({ access_read: ['ann'] })],
    ['POST', (key) => `/api/acls/parent/${key}`, () => ({ access_read: ['ann'] })],
    ['DELETE', (key) => `/api/acls/parent/${key}`],
    ['GET', (key) => `/api/stat/parent/${key}`],
    ['GET', (key) => `/api/history/parent/${key}`],
    ['GET', (key) => `/api/history/parent/${key}/1`],
    ['GET', (key) => `/api/trashed/parent/${key}`],
    ['POST', (key) => `/api/trashed/parent/${key}`],
    ['POST', () => '/api/trashed/parent', (key) => [key]],
    ['GET', (key) => `/api/data/parent/${key}/children`],
    ['POST', (key) => `/api/data/parent/${key}/children`, () => ({ note: 'x' })],
    ['DELETE', (key) => `/api/data/parent/${key}/children`],
    ['POST', () => '/api/find/parent', (key) => ({ where: { id: key } })],
    ['POST', () => '/api/find/parent', (key) => ({ after: key })],
    ['POST', () => '/api/data/child', (key) => ({ note: 'x', parent_id: key })],
    ['PUT', () => `/api/data/child/${id(11)}`, (key) => ({ parent_id: key })],
    [
      'POST',
      () => '/api/bulk',
      (key) => ({
        operations: [{ operation: 'update', schema: 'parent', id: key, data: { code: 'N' } }],
      }),
    ],
    [
      'POST',
      () => '/api/bulk',
      (key) => ({
        operations: [{ operation: 'create', schema: 'child', data: { parent_id: key } }],
      }),
    ],
  ];
  it.each(
    byKey.map(
      ([method, path, body]) =>
        [
          `${method} ${path('…')} ${JSON.stringify(body?.('…') ?? '')}`,
          method,
          path,
          body,
        ] as const,
    ),
  )('%s', async (_, method, path, body) => {
    await same(method, path, body);
  });

  it('the refusals are the expected ones', async () => {
    expect((await same('GET', (key) => `/api/data/parent/${key}`))?.[0]).toBe(404);
    const [status, text] =
      (await same(
        'POST',
        () => '/api/data/child',
        (key) => ({ parent_id: key }),
      )) ?? [];
    expect([status, text]).toEqual([409, expect.stringContaining('RELATIONSHIP_CONSTRAINT')]);
  });
});

describe('in lists', () => {
  it('children of a visible parent: hidden ones are not there', async () => {
    const reply = await ann.send('GET', `/api/data/parent/${visible}/children`);
    expect(reply.text).not.toContain(secret);
    expect((reply.body as { data: object[] }).data).toHaveLength(1);
    await Promise.all(
      [id(12), id(99)].map(async (key) =>
        blotted(await ann.send('GET', `/api/data/parent/${visible}/children/${key}`), key),
      ),
    ).then(([about, never]) => expect(about).toEqual(never));
  });

  it('counts, totals, offsets, orders and aggregates know nothing of hidden rows', async () => {
    for (const query of [
      '',
      '?count=true',
      '?order=amount desc',
      '?limit=1&offset=1&count=true',
      '?offset=2',
    ]) {
      const reply = await ann.send('GET', `/api/data/parent${query}`);
      expect(reply.status, query).toBe(200);
      expect(reply.text, query).not.toContain(secret);
      const { total } = reply.body as { total?: number };
      if (query.includes('count')) expect(total, query).toBe(2);
    }
    const totals = await ann.send('POST', '/api/aggregate/parent', {
      aggregate: {
        n: { $count: '*' },
        most: { $max: 'amount' },
        sum: { $sum: 'price' },
        first: { $min: 'note' },
        kinds: { $distinct: 'code' },
      },
    });
    expect((totals.body as { data: unknown }).data).toEqual([
      { n: 2, most: 1, sum: 1.5, first: 'own', kinds: 2 },
    ]);
    const groups = await ann.send('POST', '/api/aggregate/parent', {
      aggregate: { n: { $count: '*' } },
      groupBy: ['code'],
    });
    expect((groups.body as { data: unknown }).data).toEqual([
      { code: 'F', n: 1 },
      { code: 'V', n: 1 },
    ]);
  });

  it('writes by predicate count what is visible', async () => {
    const where = encodeURIComponent(JSON.stringify({ amount: 7 }));
    const changed = await ann.send('PUT', `/api/data/parent?where=${where}`, { amount: 8 });
    expect((changed.body as { data: unknown }).data).toEqual({ updated: 0, matched: 0 });
    const deleted = await ann.send('DELETE', `/api/data/parent?where=${where}`);
    expect((deleted.body as { data: unknown }).data).toEqual({ deleted: 0, matched: 0 });
  });

  it('a condition is not tried on hidden rows', async () => {
    // Each of these would answer differently if it met the hidden row.
    for (const where of [
      { note: { $like: `${secret}\\` } },
      { note: { $like: `${secret.slice(0, 4)}%\\` } },
      { 'doc.a': { $gt: 1 } },
      { 'doc.a': { $regex: '^c' } },
      { note: { $regex: `^${secret}$` } },
      { $search: { query: secret, operator: 'and' } },
    ]) {
      const before = await ann.send('POST', '/api/find/parent', { where });
      const other = JSON.parse(
        JSON.stringify(where).replaceAll(secret, 'neverthere').replaceAll('conf', 'neve'),
      ) as object;
      const after = await ann.send('POST', '/api/find/parent', { where: other });
      expect(
        [before.status, (before.body as { count?: number }).count],
        JSON.stringify(where),
      ).toEqual([after.status, (after.body as { count?: number }).count]);
    }
  });
});

describe('constraints', () => {
  it('a clash with a hidden row reads like one with a visible row', async () => {
    const replies = await Promise.all(
      ['H', 'V'].map(async (code) => {
        const reply = await ann.send('POST', '/api/data/parent', { code });
        expect(reply.text).not.toContain(secret);
        expect(reply.text).not.toContain(hidden);
        return [reply.status, reply.text.replaceAll(`"${code}"`, '<code>')];
      }),
    );
    expect(replies[0]).toEqual(replies[1]);
    expect(replies[0]?.[0]).toBe(409);
  });

  it('definitions that stored rows break do not quote them', async () => {
    const full = monk(app, principal(tenant, 'fred', { access: 'full' }));
    for (const change of [
      { maximum: 3 },
      { type: 'integer' },
      { pattern: '^plain$' },
      { enum_values: ['plain'] },
    ]) {
      const reply = await full.send('PUT', '/api/describe/parent/note', change);
      expect(reply.status, JSON.stringify(change)).toBe(409);
      expect(reply.text).not.toContain(secret);
    }
  });
});

describe('plain SQL', () => {
  it('a foreign key to a hidden row fails exactly as one to a missing row', async () => {
    await withClient(annUrl, async (client) => {
      for (const text of [
        `insert into ${child} (note, parent_id) values ('x', $1)`,
        `update ${child} set parent_id = $1 where id = '${id(11)}'`,
      ]) {
        const [about, never] = [
          await attempt(client, text, [hidden]),
          await attempt(client, text, [missing]),
        ].map((result, at) =>
          JSON.stringify(result).replaceAll(at === 0 ? hidden : missing, '<key>'),
        );
        expect(about, text).toBe(never);
        expect(about, text).toContain('23503');
      }
    });
  });

  it('unique errors carry no values of the row in the way', async () => {
    await withClient(annUrl, async (client) => {
      const clash = await attempt(client, `insert into ${parent} (code) values ('H')`);
      expect(clash).toMatchObject({ ok: false, code: '23505' });
      expect(JSON.stringify(clash)).not.toContain(secret);
      const upsert = await attempt(
        client,
        `insert into ${parent} as p (id, code) values ('${hidden}', 'q')
         on conflict (id) do update set code = p.note returning *`,
      );
      expect(upsert.ok).toBe(false);
      expect(JSON.stringify(upsert)).not.toContain(secret);
      for (const text of [
        `update ${parent} set amount = amount where id = '${hidden}' returning *`,
        `delete from ${parent} where id = '${hidden}' returning *`,
        `select * from ${parent} where id = '${hidden}' for update`,
        `merge into ${parent} p using (values (1)) v on p.id = '${hidden}' when matched then update set code = p.note`,
      ]) {
        const result = await rolledBack(client, () => attempt(client, text));
        expect(result, text).toMatchObject({ ok: true, count: 0 });
      }
    });
  });

  it('a condition that fails on some value fails on visible rows only', async () => {
    await withClient(annUrl, async (client) => {
      for (const text of [
        `select * from ${parent} where 1 / (amount - 7) <= 0`,
        `select * from ${parent} where 1 / (price - 7.5) <= 0`,
        `select * from ${parent} where note like '${secret}\\'`,
        `select * from ${parent} where (doc ->> 'a')::int = 1`,
        `select * from ${parent} where ('{"${secret}":"x"}'::jsonb ->> note)::int = 1`,
        `select * from ${parent} where amount > 0 and case when note = '${secret}' then 1 / (amount - 7) > 0 end`,
      ]) {
        expect(await attempt(client, text), text).toMatchObject({ ok: true });
      }
    });
  });

  it('statistics, lists and history show visible rows only', async () => {
    await withClient(annUrl, async (client) => {
      const stats = await client.query('select * from pg_stats where schemaname = $1', [
        `t_${tenant}`,
      ]);
      expect(JSON.stringify(stats.rows)).not.toContain(secret);
      expect((await attempt(client, 'select * from pg_statistic')).ok).toBe(false);
      const lists = await attempt(client, format('select * from %I._rowhouse_acls', `t_${tenant}`));
      expect(JSON.stringify(lists)).not.toContain('boss');
      const history = await attempt(
        client,
        format('select * from %I._rowhouse_history', `t_${tenant}`),
      );
      expect(JSON.stringify(history)).not.toContain(hidden);
      expect(JSON.stringify(history)).not.toContain('"H"');
    });
  });

  it('functions on a row answer alike for hidden and missing ones', async () => {
    await withClient(annUrl, async (client) => {
      const schema = format.ident(`t_${tenant}`);
      for (const text of [
        `select ${schema}.access_of('parent', $1)`,
        `select ${schema}.share('parent', $1, read => '{ann}')`,
        `select ${schema}.restore('parent', $1)`,
      ]) {
        const results = [];
        for (const key of [hidden, missing]) {
          const result = await rolledBack(client, () => attempt(client, text, [key]));
          results.push(JSON.stringify(result).replaceAll(key, '<key>'));
        }
        expect(results[0], text).toBe(results[1]);
        expect(results[0], text).not.toContain('42883');
      }
    });
  });

  it('a write that reaches hidden rows does not make them visible to its transaction', async () => {
    await withClient(annUrl, async (client) => {
      const part = format('%I.part', `t_${tenant}`);
      for (const [text, where] of [
        // Trashes its parts along, the hidden one too.
        [`delete from ${parent} where id = '${id(5)}'`, part],
        // No condition, nothing returned: only the right to delete is asked for.
        [`delete from ${parent}`, parent],
        [`update ${parent} set trashed_at = now()`, parent],
        [`update ${parent} set _acl = 0`, parent],
      ] as const) {
        for (const intent of ['edit', 'delete', 'share']) {
          await rolledBack(client, async () => {
            await client.query(`set local rowhouse.intent = '${intent}'`);
            await client.query('savepoint before');
            const done = await attempt(client, text);
            if (!done.ok) await client.query('rollback to before');
            await client.query(
              `set local rowhouse.intent = 'edit'; set local rowhouse.show = 'trashed'`,
            );
            const seen = await client.query(`select * from ${where}`);
            expect(JSON.stringify(seen.rows), `${text} with intent ${intent}`).not.toContain(
              secret,
            );
          });
        }
      }
    });
  });

  it('no pattern operator is marked leakproof', async () => {
    const found = await database.admin.query<{ name: string }>(
      `select oid::regprocedure::text as name from pg_proc
       where proleakproof and prosrc ~* '(like|regex)' and prosrc !~ 'sel$|support$'`,
    );
    expect(found.rows).toEqual([]);
  });
});
