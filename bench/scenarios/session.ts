import pg from 'pg';
import { openPool } from '../../control-plane/pg/pool.ts';
import { createSession, type Entry } from '../../control-plane/pg/session.ts';
import { person, poolSize } from '../environment.ts';
import { alternate, type Outcome, rate } from '../measure.ts';
import { catalogOf, planRequest } from '../same-sql.ts';
import type { Scenario } from '../scenario.ts';
import { defineItems, keyOf, seedLists, seedRows, seedTenant, storeVerdicts } from '../seed.ts';
import { figure, times } from '../table.ts';
import { fill, templateOf } from '../template.ts';

const enter = {
  name: 'enter',
  text: 'select rowhouse.enter($1::text, $2::bigint, $3::text, $4::text, $5::text)',
};

/** One-Sync session against the same statements awaited one by one: a read by key under the policy, 8 connections. */
export const session: Scenario = async (bench) => {
  const rows = bench.quick ? 5_000 : 100_000;
  const milliseconds = bench.quick ? 500 : 3_000;
  const admin = await seedTenant(bench, 'session');
  const tenant = admin.tenant ?? '';
  await defineItems(bench, admin, 'items');
  await seedLists(bench, tenant);
  await seedRows(bench, tenant, 'items', rows, true);
  const reader = person(tenant, 'sees_all');
  await storeVerdicts(bench, reader);
  const catalog = await catalogOf(bench, tenant);
  const { entry, query } = planRequest(catalog, reader, {
    method: 'GET',
    path: `/api/data/items/${keyOf(1)}`,
  });
  const template = templateOf(query, keyOf(1));
  const anyKey = (): string => keyOf(1 + Math.floor(Math.random() * rows));
  const values = (): (string | null)[] => fill(template, anyKey());

  const pool = openPool({
    connectionString: bench.gatewayUrl,
    max: poolSize,
    statementTimeout: 60_000,
  });
  const own = createSession();
  const awaited = await connect(bench.gatewayUrl);
  const pipelined = await connect(bench.gatewayUrl, true);
  const bare = await connect(bench.admin.options.connectionString ?? '');
  const named = { name: 'read', text: query.text };
  const plain = `select id, name, category, price, stock, note from "t_${tenant}".items_plain where id = $1`;
  try {
    const outcomes = await alternate(
      [
        {
          name: 'begin; enter; query; commit, each awaited',
          round: () =>
            rate(poolSize, milliseconds, async (worker) => {
              const client = at(awaited, worker);
              await client.query('begin');
              await client.query({ ...enter, values: entryValues(entry) });
              await client.query({ ...named, values: values() });
              await client.query('commit');
            }),
        },
        {
          name: "the same through pg's pipeline mode",
          round: () =>
            rate(poolSize, milliseconds, async (worker) => {
              const client = at(pipelined, worker);
              await Promise.all([
                client.query('begin'),
                client.query({ ...enter, values: entryValues(entry) }),
                client.query({ ...named, values: values() }),
                client.query('commit'),
              ]);
            }),
        },
        {
          name: 'one Sync (pg/session.ts)',
          round: () =>
            rate(poolSize, milliseconds, () =>
              own.run(pool, entry, [{ text: query.text, values: values() }]),
            ),
        },
        {
          name: 'bare query: no role, no policy, no JSON',
          round: () =>
            rate(poolSize, milliseconds, (worker) =>
              at(bare, worker).query({
                name: 'plain',
                text: plain,
                values: [anyKey()],
              }),
            ),
        },
      ],
      bench.quick ? 2 : 7,
    );
    return {
      tables: [
        {
          title: `Sessions: one row by key of ${figure(rows)}, ${poolSize} connections`,
          headers: ['scheme', 'statements/s', 'ratio', 'lowest … highest'],
          rows: outcomes.map(row),
        },
      ],
    };
  } finally {
    await Promise.all([...awaited, ...pipelined, ...bare].map((client) => client.end()));
    await pool.end();
  }
};

function row({ name, median, ratio, lowest, highest }: Outcome): string[] {
  return [name, figure(median), times(ratio), `${times(lowest)} … ${times(highest)}`];
}

function entryValues({ tenant, version, claims, show, intent }: Entry): unknown[] {
  return [tenant, version, claims, show, intent];
}

function connect(connectionString: string, pipeline = false): Promise<pg.Client[]> {
  return Promise.all(
    Array.from({ length: poolSize }, async () => {
      const client = new pg.Client({ connectionString, pipeline } as pg.ClientConfig);
      await client.connect();
      return client;
    }),
  );
}

function at(clients: readonly pg.Client[], index: number): pg.Client {
  const client = clients[index];
  if (client === undefined) throw new Error(`no client ${index}`);
  return client;
}
