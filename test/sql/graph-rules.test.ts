import { beforeAll, describe, expect, test } from 'vitest';
import type { EdgeType } from '../../control-plane/model/graph.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { createTenantWith } from '../support/definer.ts';
import { personTable } from '../support/graph.ts';
import { principal } from '../support/principal.ts';
import { asBareGateway, asGateway, attempt } from '../support/sql.ts';
import { tried } from './fixture.ts';

const manager: EdgeType = { name: 'manager', inverse: 'reports', maxOutgoing: 1 };
const mentor: EdgeType = { name: 'mentor', inverse: 'mentees', maxIncoming: 2 };

let database: TestDatabase;
let tenant: string;

beforeAll(async () => {
  database = await createDatabase();
  tenant = database.slug('rules');
  await createTenantWith(database, tenant, [
    personTable('staff', { types: [manager, mentor], hierarchy: true }),
    personTable('friends', { types: [{ name: 'knows', inverse: 'known_by' }], hierarchy: false }),
    personTable(
      'secret',
      { types: [{ name: 'knows', inverse: 'known_by' }], hierarchy: false },
      {
        access: 'acl',
        features: { timestamps: false, softDelete: false, acl: true, history: false },
      },
    ),
    personTable('parts', {
      types: [{ name: 'parent', inverse: 'children' }],
      hierarchy: true,
      selfReference: 'parent_id',
    }),
  ]);
  await database.admin.query(
    `insert into "t_${tenant}".staff (id) select generate_series(1, 30);
     insert into "t_${tenant}".friends (id) select generate_series(1, 30);
     insert into "t_${tenant}".parts (id, parent_id) values (1, null), (2, 1), (3, 2)`,
  );
});

const boss = () => principal(tenant, 'boss', { access: 'root' });

/** What a write of edges ends in, in a transaction that is undone. */
async function outcome(...texts: readonly string[]) {
  return await asGateway(database, boss(), async (client) => {
    await client.query(`set local search_path = "t_${tenant}"`);
    for (const text of texts.slice(0, -1)) await client.query(text);
    return await tried(client, texts.at(-1) ?? '');
  });
}

const edges = (table: string, ...list: readonly (readonly [number, number, string])[]) =>
  `insert into ${table}_edges (from_id, to_id, type) values ${list
    .map(([from, to, type]) => `(${from}, ${to}, '${type}')`)
    .join(', ')}`;

describe('an edge table', () => {
  test('has a row an edge, made by whoever makes it', async () => {
    const made = await outcome(`${edges('friends', [1, 2, 'knows'])} returning *`);
    expect(made.ok && made.rows[0]).toMatchObject({
      from_id: 1,
      to_id: 2,
      type: 'knows',
      metadata: {},
      created_by_id: 'boss',
    });
  });

  test.each([
    ['an undeclared type', edges('friends', [1, 2, 'likes']), '23514'],
    ['two ends that are one', edges('friends', [1, 1, 'knows']), '23514'],
    ['an unknown node', edges('friends', [1, 999, 'knows']), '23503'],
    ['the same edge again', edges('friends', [1, 2, 'knows'], [1, 2, 'knows']), '23505'],
  ])('refuses %s', async (_, text, code) => {
    expect(await outcome(text)).toMatchObject({ ok: false, code });
  });

  test('loses the edges of a deleted row', async () => {
    const left = await outcome(
      edges('friends', [1, 2, 'knows'], [2, 3, 'knows'], [3, 1, 'knows']),
      'delete from friends where id = 2',
      'select from_id, to_id from friends_edges',
    );
    expect(left.ok && left.rows).toEqual([{ from_id: 3, to_id: 1 }]);
  });

  test('takes a loop where the graph is no hierarchy', async () => {
    expect(await outcome(edges('friends', [1, 2, 'knows'], [2, 1, 'knows']))).toMatchObject({
      ok: true,
    });
  });
});

describe('an edge to a hidden row', () => {
  test('is not there to be read, changed or deleted, and cannot be made', async () => {
    const clerk = principal(tenant, 'clerk');
    await asGateway(
      database,
      boss(),
      async (client) => {
        await client.query(`set local search_path = "t_${tenant}"`);
        await client.query(
          "insert into secret (id, _acl) values (1, 0), (2, 0), (3, acl(deny => array['clerk']))",
        );
        await client.query(edges('secret', [1, 2, 'knows'], [2, 3, 'knows'], [3, 1, 'knows']));
      },
      { commit: true },
    );
    await asGateway(database, clerk, async (client) => {
      await client.query(`set local search_path = "t_${tenant}"`);
      const seen = await client.query('select from_id, to_id from secret_edges');
      expect(seen.rows).toEqual([{ from_id: 1, to_id: 2 }]);
      const hidden = await tried(client, edges('secret', [1, 3, 'knows']));
      const unknown = await tried(client, edges('secret', [1, 99, 'knows']));
      expect(hidden).toMatchObject({ ok: false, code: '23503' });
      expect(hidden).toEqual(unknown);
      expect(
        await tried(client, 'update secret_edges set to_id = 3 where to_id = 2'),
      ).toMatchObject({
        ok: false,
        code: '23503',
      });
      expect(await tried(client, "update secret_edges set metadata = '{}'")).toMatchObject({
        ok: true,
        count: 1,
      });
    });
    await asGateway(database, principal(tenant, 'clerk', { access: 'full' }), async (client) => {
      await client.query(`set local search_path = "t_${tenant}"`);
      expect(await tried(client, 'delete from secret_edges')).toMatchObject({ ok: true, count: 1 });
    });
  });
});

describe('limits', () => {
  test('of outgoing edges hold within a statement and across statements', async () => {
    const twice = await outcome(edges('staff', [3, 1, 'manager'], [3, 2, 'manager']));
    expect(twice).toMatchObject({ ok: false, code: 'RH411' });
    const later = await outcome(
      edges('staff', [3, 1, 'manager']),
      edges('staff', [3, 2, 'manager']),
    );
    expect(later).toMatchObject({ ok: false, code: 'RH411' });
    expect(await outcome(edges('staff', [3, 1, 'manager'], [4, 1, 'manager']))).toMatchObject({
      ok: true,
    });
  });

  test('of incoming edges count by type', async () => {
    const full = edges('staff', [2, 1, 'mentor'], [3, 1, 'mentor']);
    expect(await outcome(full, edges('staff', [4, 1, 'mentor']))).toMatchObject({
      ok: false,
      code: 'RH411',
    });
    expect(await outcome(full, edges('staff', [4, 1, 'manager']))).toMatchObject({ ok: true });
    expect(await outcome(full, 'update staff_edges set to_id = 5 where from_id = 3')).toMatchObject(
      { ok: true },
    );
    expect(
      await outcome(
        full,
        edges('staff', [4, 5, 'mentor']),
        'update staff_edges set to_id = 1 where from_id = 4',
      ),
    ).toMatchObject({ ok: false, code: 'RH411' });
  });
});

describe('a hierarchy', () => {
  const chain = edges('staff', [2, 1, 'manager'], [3, 2, 'manager'], [4, 3, 'manager']);

  test('refuses what would close a loop, at any distance, in one statement or by an update', async () => {
    expect(await outcome(chain, edges('staff', [1, 4, 'manager']))).toMatchObject({
      ok: false,
      code: 'RH411',
    });
    expect(await outcome(edges('staff', [2, 1, 'manager'], [1, 2, 'manager']))).toMatchObject({
      ok: false,
      code: 'RH411',
    });
    expect(
      await outcome(
        chain,
        edges('staff', [1, 9, 'manager']),
        'update staff_edges set to_id = 4 where from_id = 1',
      ),
    ).toMatchObject({ ok: false, code: 'RH411' });
  });

  test('takes a loop of edges of several types, and a second way to a row', async () => {
    expect(await outcome(chain, edges('staff', [1, 4, 'mentor']))).toMatchObject({ ok: true });
    expect(await outcome(chain, edges('staff', [4, 1, 'mentor'], [4, 2, 'mentor']))).toMatchObject({
      ok: true,
    });
  });

  test('by a column that refers to the parent', async () => {
    expect(await outcome('update parts set parent_id = 3 where id = 1')).toMatchObject({
      ok: false,
      code: 'RH411',
    });
    expect(await outcome('update parts set parent_id = 3 where id = 3')).toMatchObject({
      ok: false,
      code: 'RH411',
    });
    expect(await outcome('update parts set parent_id = 1 where id = 3')).toMatchObject({
      ok: true,
    });
    expect(await outcome('insert into parts (id, parent_id) values (8, 9), (9, 8)')).toMatchObject({
      ok: false,
      code: 'RH411',
    });
  });

  test('is written at level read committed only', async () => {
    await asBareGateway(database, async (client) => {
      await client.query('begin isolation level repeatable read');
      const version = await database.admin.query(
        'select version from control.tenants where slug = $1',
        [tenant],
      );
      await client.query('select rowhouse.enter($1, $2, $3, null, null)', [
        tenant,
        version.rows[0].version,
        JSON.stringify({ tenant, sub: 'boss', level: 4, roles: [], names: ['boss'] }),
      ]);
      expect(
        await attempt(
          client,
          `insert into "t_${tenant}".staff_edges (from_id, to_id, type) values (1, 2, 'manager')`,
        ),
      ).toMatchObject({ ok: false, code: 'RH100' });
      await client.query('rollback');
    });
  });
});

describe('writers at the same time', () => {
  /** Runs the two writes in transactions that overlap; answers with the SQLSTATE of each. */
  async function together(first: string, second: string): Promise<string[]> {
    const run = (text: string, started: () => void, hold: Promise<void>) =>
      asGateway(
        database,
        boss(),
        async (client) => {
          await client.query(`set local search_path = "t_${tenant}"`);
          const done = tried2(client, text);
          started();
          const code = await done;
          await hold;
          return code;
        },
        { commit: true },
      );
    let release = () => {};
    const hold = new Promise<void>((resolve) => {
      release = resolve;
    });
    const one = run(first, () => undefined, hold);
    await new Promise((resolve) => setTimeout(resolve, 150));
    const two = run(second, () => undefined, Promise.resolve());
    await new Promise((resolve) => setTimeout(resolve, 150));
    release();
    return await Promise.all([one, two]);
  }

  async function tried2(client: Parameters<typeof attempt>[0], text: string): Promise<string> {
    await client.query('savepoint one');
    const result = await attempt(client, text);
    if (!result.ok) await client.query('rollback to savepoint one');
    return result.ok ? 'done' : result.code;
  }

  test('do not pass a limit together', async () => {
    expect(
      await together(edges('staff', [20, 21, 'manager']), edges('staff', [20, 22, 'manager'])),
    ).toEqual(['done', 'RH411']);
  });

  test('do not close a loop together', async () => {
    expect(
      await together(edges('staff', [23, 24, 'manager']), edges('staff', [24, 23, 'manager'])),
    ).toEqual(['done', 'RH411']);
    expect(
      await together(
        'update parts set parent_id = 3 where id = 2',
        'update parts set parent_id = 2 where id = 3',
      ),
    ).toEqual(['RH411', 'done']);
  });
});
