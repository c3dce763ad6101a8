import pg from 'pg';
import { alternate } from '../measure.ts';
import { findPgbench, runPgbench } from '../pgbench.ts';
import type { Scenario } from '../scenario.ts';
import { acls, defineItems, seedLists, seedRows, seedTenant } from '../seed.ts';
import { figure, times } from '../table.ts';

const clients = 8;
const scripts = [
  { what: 'one row by key', file: 'by-id.sql' },
  { what: 'newest 20', file: 'newest.sql' },
];

/** Plain SQL, no server of ours between: a login role under the row policy against the superuser, whom no policy concerns. */
export const pgbench: Scenario = async (bench) => {
  const program = await findPgbench();
  if (program === undefined) {
    return {
      tables: [],
      notes: [
        'pgbench is not installed: its comparison is left out. It comes with PostgreSQL, on Debian in postgresql-contrib or postgresql-<major>',
      ],
    };
  }
  const rows = bench.quick ? 5_000 : 100_000;
  const admin = await seedTenant(bench, 'pgbench');
  const tenant = admin.tenant ?? '';
  await defineItems(bench, admin, 'items');
  await seedLists(bench, tenant);
  await seedRows(bench, tenant, 'items', rows, true);
  const login = async (access: 'edit' | 'read'): Promise<{ user: string; url: string }> => {
    const user = `${tenant}_${access}`;
    const args = ['--tenant', tenant, '--user', user, '--sub', 'sees_all', '--access', access];
    const printed = await bench.command('login', 'create', ...args);
    const password = /PGPASSWORD=(\S+)/.exec(printed)?.[1];
    if (password === undefined) throw new Error('login create printed no password');
    return { user, url: bench.urlAs(user, password) };
  };
  const known = await login('edit');
  // The same rows to see; but verdicts are kept by names and level, and nobody has had this one's stored.
  const unknown = await login('read');
  await withClient(known.url, `select "t_${tenant}"._rowhouse_extend()`);
  const superuser = bench.admin.options.connectionString ?? '';
  const seconds = bench.quick ? 1 : 5;
  const schema = `t_${tenant}`;
  const tps = async (url: string, script: string): Promise<number> =>
    (await runPgbench({ program, url, script, clients, seconds, rows, schema })).rate;
  const table: string[][] = [];
  try {
    for (const { what, file } of scripts) {
      const outcomes = await alternate(
        [
          { name: 'superuser', round: () => tps(superuser, file) },
          { name: 'login role', round: () => tps(known.url, file) },
          { name: 'login role without stored verdicts', round: () => tps(unknown.url, file) },
        ],
        bench.quick ? 2 : 5,
      );
      for (const { name, median, ratio, lowest, highest } of outcomes) {
        const spread = `${times(lowest)} … ${times(highest)}`;
        table.push([`${what}, ${name}`, figure(median), times(ratio), spread]);
      }
    }
  } finally {
    // Dropping the tenant doesn't drop a role of the cluster.
    for (const { user } of [known, unknown]) {
      await bench.admin.query(`drop role if exists "${user}"`).catch(() => undefined);
    }
  }
  return {
    tables: [
      {
        title: `pgbench, ${clients} connections, ${figure(rows)} rows`,
        headers: ['statement, role', 'transactions/s', 'ratio', 'lowest … highest'],
        rows: table,
      },
    ],
    notes: [
      `without stored verdicts each statement judges all ${figure(acls)} access lists anew; a login role stores its own with select _rowhouse_extend()`,
    ],
  };
};

async function withClient(connectionString: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  await client.query(statement);
  await client.end();
}
