import type pg from 'pg';
import { type Bench, person } from '../environment.ts';
import type { Outcome } from '../measure.ts';
import { catalogOf, type Planned, planRequest } from '../same-sql.ts';
import type { Scenario } from '../scenario.ts';
import {
  acls,
  defineItems,
  seedLists,
  seedRows,
  seedTenant,
  shares,
  storeVerdicts,
} from '../seed.ts';
import { connect, enter, race } from '../side.ts';
import { figure, type ResultTable, times } from '../table.ts';

/** The table of what the row policy costs callers who see little, half or all. */
export const acl: Scenario = async (bench) => {
  const sizes = bench.quick ? [5_000] : [100_000, 1_000_000];
  const admin = await seedTenant(bench, 'acl');
  const tenant = admin.tenant ?? '';
  await seedLists(bench, tenant);
  const tables: ResultTable[] = [];
  for (const size of sizes) {
    const table = `items_${size}`;
    await defineItems(bench, admin, table);
    await seedRows(bench, tenant, table, size, true);
    tables.push(await compare(bench, tenant, table, size));
  }
  return {
    tables,
    notes: [
      `${figure(acls)} distinct access lists; times in ms, ratios against the plain table; role and claims are entered beforehand`,
      'policy: the same SELECT under the row policy. planner: what the server sends for the request, JSON and access lists included',
    ],
  };
};

async function compare(
  bench: Bench,
  tenant: string,
  table: string,
  size: number,
): Promise<ResultTable> {
  const catalog = await catalogOf(bench, tenant);
  const plain = await connect(bench.admin.options.connectionString ?? '');
  const guarded = await connect(bench.gatewayUrl);
  const rows: string[][] = [];
  try {
    for (const { share, sub } of shares) {
      const caller = person(tenant, sub);
      const plan = (method: string, path: string, body?: object): Planned =>
        planRequest(catalog, caller, { method, path, ...(body === undefined ? {} : { body }) });
      const list = plan('GET', `/api/data/${table}?limit=20&order=id%20desc`);
      await storeVerdicts(bench, caller);
      await enter(guarded, list);
      const key = await visibleKey(guarded, tenant, table, size);
      const cases: readonly [string, string, readonly unknown[], Planned | undefined][] = [
        [
          'count(*)',
          'select count(*) from TABLE',
          [],
          plan('POST', `/api/aggregate/${table}`, { aggregate: { n: { $count: '*' } } }),
        ],
        ['newest 20', 'select * from TABLE order by id desc limit 20', [], list],
      ];
      const byKey: (typeof cases)[number] | undefined =
        key === undefined
          ? undefined
          : [
              'by id',
              'select * from TABLE where id = $1',
              [key],
              plan('GET', `/api/data/${table}/${key}`),
            ];
      for (const [what, text, values, planned] of byKey ? [...cases, byKey] : cases) {
        const at = (name: string): string => text.replace('TABLE', `"t_${tenant}".${name}`);
        const outcomes = await race(bench, {
          plain: { client: plain, text: at(`${table}_plain`), values },
          policy: { client: guarded, text: at(table), values },
          ...(planned ? { planner: { client: guarded, ...planned.query } } : {}),
        });
        rows.push([`${share * 100} %, ${what}`, ...outcomes.flatMap(cell)]);
      }
      await guarded.query('rollback');
    }
  } finally {
    await plain.end();
    await guarded.end();
  }
  return {
    title: `Row policy by share of rows visible, ${figure(size)} rows`,
    headers: ['sees, asks', 'plain ms', 'policy ms', 'ratio', 'planner ms', 'ratio'],
    rows,
  };
}

function cell({ median: middle, ratio }: Outcome, index: number): string[] {
  return index === 0 ? [figure(middle)] : [figure(middle), times(ratio)];
}

/** A row from the middle that the caller may see. */
async function visibleKey(
  client: pg.Client,
  tenant: string,
  table: string,
  size: number,
): Promise<string | undefined> {
  const found = await client.query<{ id: string }>(
    `select id from "t_${tenant}".${table} order by id offset (select count(*) / 2 from "t_${tenant}".${table}) limit 1`,
  );
  if (found.rows.length === 0 && size >= acls) throw new Error('a caller sees no row at all');
  return found.rows[0]?.id;
}
