/** Traversals past the look-up of both ends show no more than the policies do, however they are called. */
import type pg from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import type { TableDraft } from '../../control-plane/model/table.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { createTenantWith } from '../support/definer.ts';
import { personTable } from '../support/graph.ts';
import { createLogins, type Logins } from '../support/logins.ts';
import { principal } from '../support/principal.ts';
import { asGateway, attempt } from '../support/sql.ts';

const graph = { types: [{ name: 'knows', inverse: 'known_by' }], hierarchy: false };
const none = { timestamps: false, softDelete: false, acl: false, history: false };

const person = (name: string, rest: Partial<TableDraft>) => personTable(name, graph, rest);

/** 1 → 2 → 3 and 1 → 4; 2 is hidden from the reader, so 3 can't be reached from 1. */
const stored = [
  [1, 2],
  [2, 3],
  [1, 4],
] as const;

/** Ways of hiding a row from the reader. */
const modes = ['lists', 'trash'] as const;

let database: TestDatabase;
let tenant: string;
let logins: Logins;

beforeAll(async () => {
  database = await createDatabase();
  tenant = database.slug('shown');
  await createTenantWith(database, tenant, [
    person('lists', { access: 'acl', features: { ...none, acl: true } }),
    person('trash', { access: 'acl', features: { ...none, acl: true, softDelete: true } }),
    person('decoy', { access: 'acl', features: { ...none, acl: true } }),
    person('detour', { access: 'acl', features: { ...none, acl: true } }),
  ]);
  const other = database.slug('other');
  await createTenantWith(database, other, []);
  const root = principal(tenant, 'root', { access: 'root' });
  await asGateway(
    database,
    root,
    async (client) => {
      await client.query(`set local search_path = "t_${tenant}"`);
      const { rows } = await client.query("select acl(deny => array['reader']) as id");
      for (const table of [...modes, 'decoy']) {
        const hidden = table === 'lists' ? rows[0].id : 0;
        await client.query(
          `insert into ${table} (id, _acl) select n, case n when 2 then $1::integer else 0 end from generate_series(1, 4) as n`,
          [hidden],
        );
        if (table === 'decoy') continue;
        for (const [from, to] of stored) {
          await client.query(
            `insert into ${table}_edges (from_id, to_id, type) values ($1, $2, 'knows')`,
            [from, to],
          );
        }
      }
      // The short way goes by 2, which is hidden as 7 to 20 are; the way round by 4 and 5 is seen.
      await client.query(
        `insert into detour (id, _acl) select n, case when n = 2 or n > 6 then $1::integer else 0 end from generate_series(1, 20) as n`,
        [rows[0].id],
      );
      await client.query(
        `insert into detour_edges (from_id, to_id, type, metadata)
         select f, t, 'knows', m from (values (1, 2, '{"cost": "dear"}'::jsonb), (2, 3, '{}'), (1, 4, '{"cost": 2}'), (4, 5, '{"cost": 0.5, "toll": "much"}'), (5, 3, '{}')) as e (f, t, m)
         union all select 1, n, 'knows', '{}' from generate_series(7, 20) as n`,
      );
    },
    { commit: true },
  );
  await database.admin.query(
    `begin;
     set local session_replication_role = replica;
     update "t_${tenant}".trash set trashed_at = now() where id = 2;
     commit`,
  );
  logins = await createLogins(database, [
    ['reader', principal(tenant, 'reader', { access: 'edit' })],
    ['stranger', principal(other, 'stranger', { access: 'root' })],
  ]);
});

const told = (table: string, more: Record<string, unknown> = {}) =>
  JSON.stringify({
    nodes: `"t_${tenant}".${table}`,
    key: 'id',
    edges: `"t_${tenant}".${table}_edges`,
    ...more,
  });

/** What the functions answer, from one root; `shown_` calls those that read past the policy themselves. */
async function found(
  client: pg.ClientBase,
  prefix: '' | 'shown_',
  graphText: string,
  root: number,
) {
  const list = async (text: string, values: readonly unknown[]) =>
    (await client.query({ text, values: [...values], rowMode: 'array' })).rows.map(([one]) => one);
  const way = "'ancestors', 9, null, 1000";
  return {
    reach: await list(
      `select node from rowhouse.${prefix}reach($1, array[$2::int], ${way}) order by 1`,
      [graphText, root],
    ),
    walk: await list(
      `select node from rowhouse.${prefix}walk($1, array[$2::int], ${way}, true) order by 1`,
      [graphText, root],
    ),
    paths: await list(
      `select node from rowhouse.${prefix}paths($1, array[$2::int], ${way}) order by 1`,
      [graphText, root],
    ),
    followed: await list(
      `select (edge ->> 'from_id') || '-' || (edge ->> 'to_id') from rowhouse.${prefix}followed($1, array[1, 2, 3, 4], 'ancestors', null, 1000)`,
      [graphText],
    ),
    shortest: await list(
      `select node from rowhouse.${prefix}path($1, array[$2::int, 3], 'ancestors', 9, null, null, 1000)`,
      [graphText, root],
    ),
    cheapest: await list(
      `select node from rowhouse.${prefix}path($1, array[$2::int, 3], 'ancestors', 9, null, 'cost', 1000)`,
      [graphText, root],
    ),
  };
}

const fromOne = {
  reach: [1, 4],
  walk: [1, 4],
  paths: [1, 4],
  followed: ['1-4'],
  shortest: [],
  cheapest: [],
};
const nothing = { ...fromOne, reach: [], walk: [], paths: [] };

describe.each(modes)('rows hidden by %s', (table) => {
  test('are not passed through by SQL logins, whichever function they call', async () => {
    const client = logins.client('reader');
    for (const prefix of ['', 'shown_'] as const) {
      expect(await found(client, prefix, told(table), 1)).toEqual(fromOne);
      expect(await found(client, prefix, told(table), 2)).toEqual(nothing);
    }
    const { rows } = await client.query(`select from_id, to_id from "t_${tenant}".${table}_edges`);
    expect(rows).toEqual([{ from_id: 1, to_id: 4 }]);
  });
});

test('rows that show are passed through', async () => {
  await asGateway(
    database,
    principal(tenant, 'root', { access: 'root', sudo: true }),
    async (client) => {
      expect(await found(client, '', told('lists'), 1)).toMatchObject({
        reach: [1, 2, 3, 4],
        shortest: [1, 2, 3],
      });
    },
  );
});

describe('where the shortest way is hidden', () => {
  const path = (client: pg.ClientBase, weight: string | null, most: number) =>
    client.query(
      `select node, cost::float8 from rowhouse.path($1, array[1, 3], 'ancestors', 9, null, $2, $3) order by place`,
      [told('detour'), weight, most],
    );

  test('the way that is seen is found, and what is hidden counts and weighs nothing', async () => {
    const reader = logins.client('reader');
    for (const most of [1000, 10]) {
      const { rows } = await path(reader, null, most);
      expect(rows.map(({ node }) => node)).toEqual([1, 4, 5, 3]);
    }
    expect((await path(reader, 'cost', 10)).rows).toEqual([
      { node: 1, cost: 0 },
      { node: 4, cost: 2 },
      { node: 5, cost: 2.5 },
      { node: 3, cost: 3.5 },
    ]);
  });

  test.each([
    ['counts', null, 'RH107'],
    ['weighs', 'cost', 'RH105'],
    ['weighs off the shortest way too', 'toll', 'RH105'],
  ])('what is seen %s', async (_, weight, code) => {
    const who = principal(tenant, 'root', { access: 'root', sudo: true });
    await asGateway(database, who, async (client) => {
      expect((await path(client, null, 1000)).rows.map(({ node }) => node)).toEqual([1, 2, 3]);
      await expect(path(client, weight, weight === null ? 10 : 1000)).rejects.toMatchObject({
        code,
      });
    });
  });
});

describe('what a caller tells of the graph', () => {
  const everything = { node_condition: 'true', edge_condition: 'true' };

  test('conditions and another table of nodes change nothing', async () => {
    const client = logins.client('reader');
    const decoy = { nodes: `"t_${tenant}".decoy` };
    for (const more of [everything, decoy, { ...everything, ...decoy }]) {
      expect(await found(client, 'shown_', told('lists', more), 1)).toEqual(fromOne);
    }
    // As the caller itself: the policies hold.
    expect((await found(client, '', told('lists', everything), 1)).reach).toEqual([1, 4]);
  });

  const refused = async (client: pg.ClientBase, edges: string, keys = 'array[1]') => {
    const text = JSON.stringify({ nodes: edges, key: 'id', edges });
    return await attempt(
      client,
      `select node from rowhouse.shown_reach($1, ${keys}, 'ancestors', 9, null, 1000)`,
      [text],
    );
  };

  test('tables that are no edges, of another tenant or of the caller are refused', async () => {
    const reader = logins.client('reader');
    await reader.query(
      `create temp table mine (id int primary key, from_id int references mine, to_id int references mine, type text);
       create policy _select on mine using (true)`,
    );
    const tables = [`"t_${tenant}".lists`, 'pg_temp.mine', 'pg_catalog.pg_class'];
    for (const table of tables)
      expect(await refused(reader, table)).toMatchObject({ code: 'RH302' });
    expect(await refused(logins.client('stranger'), `"t_${tenant}".lists_edges`)).toMatchObject({
      code: 'RH302',
    });
  });

  test('keys of another type are refused', async () => {
    const reader = logins.client('reader');
    for (const keys of ["array['1']", 'array[1::bigint]', "array['a'::name]"]) {
      expect(await refused(reader, `"t_${tenant}".lists_edges`, keys)).toMatchObject({
        code: 'RH302',
      });
    }
    await expect(
      reader.query('select rowhouse.shown_graph($1, $2)', [told('lists'), 'int[]']),
    ).rejects.toMatchObject({ code: '42501' });
  });
});
