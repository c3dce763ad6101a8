import { setTimeout as pause } from 'node:timers/promises';
import type { Principal } from '../../control-plane/model/principal.ts';
import { openPool } from '../../control-plane/pg/pool.ts';
import { createSession } from '../../control-plane/pg/session.ts';
import { type Bench, operator, person, poolSize } from '../environment.ts';
import { load } from '../load.ts';
import { alternate, type Outcome, timed } from '../measure.ts';
import { catalogOf, planRequest } from '../same-sql.ts';
import type { Scenario } from '../scenario.ts';
import { figure, type ResultTable, times } from '../table.ts';

const api = '/v3/pgrest';
const bulk = 10_000;

/** Lists through a view against lists of its table, and many rows in one request against the statement that stores them. */
export const pgrest: Scenario = async (bench) => {
  const rows = bench.quick ? bulk : 10 * bulk;
  const tenant = bench.slug('pgrest');
  await bench.request(operator, 'POST', '/admin/tenants', { tenant });
  const admin = person(tenant, 'admin', { roles: ['PGREST_ADMIN'] });
  for (const name of ['items', 'posted', 'direct']) await defineTable(bench, admin, name);
  for (let at = 0; at < rows; at += bulk) {
    await bench.request(admin, 'POST', `${api}/data/items`, { data: rowsFrom(at) });
  }
  const view = { view_name: 'shown', raw_sql: 'select * from items' };
  await bench.request(admin, 'POST', `${api}/manage/views`, view);
  await bench.admin.query(`vacuum analyze "t_${tenant}".items`);

  const reader = person(tenant, 'reader', { roles: ['PGREST_READ'] });
  const lists: readonly [string, string][] = [
    ['20', 'limit=20'],
    ['1,000', 'limit=1000'],
    ['20 of a category', 'limit=20&category.eq=category%207'],
    ['newest 20', 'limit=20&order=items_id,desc'],
  ];
  const read: { readonly name: string; readonly outcomes: readonly Outcome[] }[] = [];
  for (const [name, query] of lists) {
    read.push({ name, outcomes: await listing(bench, reader, query) });
  }
  const created = await creating(bench, admin);
  const [ratio, most] = [created[1]?.ratio ?? NaN, { view: 1.2, create: 1.1 }];
  return {
    tables: [
      table(`Lists of ${figure(rows)} rows, ${poolSize} connections`, ['table', 'view'], read),
      table(
        `Creating ${figure(bulk)} rows`,
        ['statement', 'request'],
        [{ name: 'in one request', outcomes: created }],
      ),
    ],
    goals: [
      ...read.map(({ name, outcomes }) => {
        const times_ = outcomes[1]?.ratio ?? NaN;
        return {
          text: `${name} through a view in ${times(times_)} of the table's time (goal ${most.view}×)`,
          met: times_ <= most.view,
        };
      }),
      {
        text: `one request in ${times(ratio)} of its own statement's time (goal ${most.create}×)`,
        met: ratio <= most.create,
      },
    ],
    notes: [
      'statement: what the server sends for that request, in a session as the server has it',
      'newest 20: through a view that may leave rows out all its rows would be sorted, for it is a barrier to the order',
    ],
  };
};

async function defineTable(bench: Bench, admin: Principal, name: string): Promise<void> {
  await bench.request(admin, 'POST', `${api}/manage/tables`, {
    table_name: name,
    columns: {
      // One name for all, so that the same lists go with table and view.
      items_id: { data_type: 'serial', primary_key: true },
      name: { data_type: 'varchar', char_len: 80, null: false },
      category: { data_type: 'text' },
      price: { data_type: 'float' },
      stock: { data_type: 'integer', default: 0 },
      note: { data_type: 'text' },
    },
  });
}

function rowsFrom(first: number): readonly object[] {
  return Array.from({ length: bulk }, (_, index) => {
    const n = first + index;
    return {
      name: `item ${n}`,
      category: `category ${n % 50}`,
      price: (n % 10_000) / 100,
      stock: n % 1000,
      note: `a note of the item with the number ${n}`,
    };
  });
}

/** Milliseconds a list takes, table first. */
async function listing(
  bench: Bench,
  reader: Principal,
  query: string,
): Promise<readonly Outcome[]> {
  const token = await bench.token(reader);
  const common = { url: bench.server.url, token, connections: poolSize };
  const seconds = bench.quick ? 1 : 3;
  return alternate(
    ['data/items', 'views/shown'].map((path) => ({
      name: path,
      round: async () => {
        // What the round before left unanswered is being cancelled.
        await pause(300);
        const done = await load({ ...common, seconds, paths: [`${api}/${path}?${query}`] });
        return (1000 * poolSize) / done;
      },
    })),
    bench.quick ? 2 : 5,
  );
}

/** Milliseconds that the rows take: the statement by itself, and the request with its reply. */
async function creating(bench: Bench, admin: Principal): Promise<readonly Outcome[]> {
  const body = { data: rowsFrom(0) };
  const catalog = await catalogOf(bench, admin.tenant ?? '');
  const { entry, query } = planRequest(catalog, admin, {
    method: 'POST',
    path: `${api}/data/direct`,
    body,
  });
  const pool = openPool({
    connectionString: bench.gatewayUrl,
    max: 1,
    statementTimeout: 60_000,
  });
  const session = createSession();
  const sent = Buffer.from(JSON.stringify(body));
  const headers = {
    authorization: `Bearer ${await bench.token(admin)}`,
    'content-type': 'application/json',
  };
  const post = async (): Promise<void> => {
    const url = new URL(`${api}/data/posted`, bench.server.url);
    const response = await fetch(url, { method: 'POST', headers, body: sent });
    const reply = await response.arrayBuffer();
    if (!response.ok) throw new Error(`${response.status} ${Buffer.from(reply).toString()}`);
  };
  try {
    return await alternate(
      [
        { name: 'statement', round: () => timed(() => session.run(pool, entry, [query])) },
        { name: 'request', round: () => timed(post) },
      ],
      bench.quick ? 3 : 15,
    );
  } finally {
    await pool.end();
  }
}

function table(
  title: string,
  [first, second]: readonly [string, string],
  lines: readonly { readonly name: string; readonly outcomes: readonly Outcome[] }[],
): ResultTable {
  return {
    title,
    headers: ['what', `${first}, ms`, `${second}, ms`, 'ratio', 'lowest … highest'],
    rows: lines.map(({ name, outcomes: [one, other] }) => [
      name,
      figure(one?.median ?? NaN),
      figure(other?.median ?? NaN),
      times(other?.ratio ?? NaN),
      `${times(other?.lowest ?? NaN)} … ${times(other?.highest ?? NaN)}`,
    ]),
  };
}
