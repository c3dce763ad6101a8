/** docs/operations.md, followed by an operator without superuser rights: every command in it that can be run anywhere. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { environment, startCli } from '../support/cli.ts';
import { type Cluster, startPrivateCluster } from '../support/cluster.ts';
import { bash, blocksOf, served, stopped } from '../support/shell.ts';
import { withClient } from '../support/sql.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/operations.md'), 'utf8');
const [own = '', pooler = '', tokens = '', operator = '', load = '', ...more] = blocksOf(
  page,
  'sh',
);
const home = mkdtempSync(join(tmpdir(), 'rowhouse-operations-'));
let cluster: Cluster;
/** Settings of the page's first block, with the secret it drew. */
let settings: Readonly<Record<string, string>>;
let url: string;

beforeAll(async () => {
  const { binDir } = inject('cluster');
  cluster = await startPrivateCluster(binDir === undefined ? {} : { binDir });
  await withClient(cluster.url('postgres'), async (client) => {
    await client.query(`create role admin login createrole password 'secret'`);
    await client.query('create database rowhouse');
    await client.query('grant create on database rowhouse to admin');
  });
});

afterAll(async () => {
  await cluster?.stop();
  rmSync(home, { recursive: true, force: true });
});

it('has the blocks this test knows', () => {
  expect(more).toEqual([]);
  // What it needs is another file's: test/http/pgbouncer.test.ts.
  expect(pooler).toContain('ROWHOUSE_POOLER');
});

it('a Postgres of one’s own', async () => {
  const here = own.replace('db.example', `127.0.0.1:${cluster.port}`);
  const serve = /^npx rowhouse (serve)$/m.exec(here) ?? [''];
  const told = 'printf "\\n%s %s" "$DATABASE_URL" "$ROWHOUSE_JWT_SECRET"';
  const printed = bash(here.replace(serve[0], told), home, {});
  expect(printed).toContain('leakproof');
  const [database = '', secret = ''] = printed.slice(printed.lastIndexOf('\n') + 1).split(' ');
  expect(database).toBe(`postgres://admin:secret@127.0.0.1:${cluster.port}/rowhouse`);
  settings = { DATABASE_URL: database, ROWHOUSE_JWT_SECRET: secret, PORT: '0' };
  const child = startCli([serve[1] ?? ''], settings, home);
  try {
    url = /serves at (\S+)/.exec(await served(child, /serves at \S+/))?.[1] ?? '';
    const paths = new Set([...page.matchAll(/`(?:GET )?(\/[a-z.]+)`/g)].map(([, path]) => path));
    expect([...paths].toSorted()).toEqual([
      '/docs',
      '/health',
      '/metrics',
      '/openapi.json',
      '/ready',
    ]);
    for (const path of paths) expect((await fetch(url + path)).status, path).toBe(200);
    const made = bash(operator, home, { ...settings, URL: url });
    expect(JSON.parse(made)).toMatchObject({ tenant: 'acme' });
    const [command = 'false'] = /npx rowhouse tenant create acme/.exec(page) ?? [];
    const second = bash(command.replace('acme', 'beta'), home, settings);
    expect(second).toContain('beta');
  } finally {
    await stopped(child);
  }
  expect(child.exitCode).toBe(0);
});

it('tokens', () => {
  const printed = bash(tokens, home, settings).trim().split('\n');
  const [ada, bob, ops] = printed.map((token) => decodeJwt(token));
  expect(ada).toMatchObject({ tenant: 'acme', sub: 'ada', roles: ['editors'], access: 'edit' });
  expect((ada?.exp ?? 0) - (ada?.iat ?? 0)).toBe(3_600);
  expect(bob).toMatchObject({ tenant: 'acme', sub: 'bob', dept: 'sales' });
  expect(ops).toMatchObject({ sub: 'ops', operator: true });
  expect(ops).not.toHaveProperty('tenant');
});

it('loading files', async () => {
  const folder = join(home, 'catalog');
  mkdirSync(folder);
  const fields = [
    { name: 'id', type: 'integer' },
    { name: 'title', type: 'string' },
  ];
  const schema = { fields, primaryKey: 'id' };
  const resources = [{ name: 'books', path: 'books.csv', schema }];
  writeFileSync(join(folder, 'datapackage.json'), JSON.stringify({ resources }));
  writeFileSync(join(folder, 'books.csv'), 'id,title\n1,Emma\n2,Persuasion\n');
  writeFileSync(join(home, 'prices.csv'), 'book,price\n1,9.5\n2,x\n');
  expect(bash(load, home, settings)).toBe(
    'books: 2 rows, table made\nprices: 2 rows, table made\n',
  );
  await withClient(cluster.url('rowhouse'), async (client) => {
    const { rows } = await client.query('select title from t_acme.shop_books order by 1');
    expect(rows).toEqual([{ title: 'Emma' }, { title: 'Persuasion' }]);
  });
  // Whole or not at all, and an exit status that says so.
  writeFileSync(join(folder, 'books.csv'), 'id,title\n3,Sanditon\nx,Lady Susan\n');
  const again = load.replace(' prices.csv', '').replace('npx rowhouse ', '').trim().split(' ');
  const program = join(import.meta.dirname, '../../bin/rowhouse.cjs');
  const refused = spawnSync(process.execPath, [program, ...again], {
    cwd: home,
    env: environment(settings),
    encoding: 'utf8',
  });
  expect([refused.status, refused.stderr]).toEqual([
    1,
    expect.stringContaining('line 3, field id'),
  ]);
});

it('what the database’s owner can settle without being a superuser', async () => {
  const warned = () => bash('npx rowhouse doctor', home, settings).match(/^warn .*emporary.*$/gm);
  const [, statements = ''] = /by the database's owner too: `(.*?)`/.exec(page) ?? [];
  expect(warned()).toHaveLength(1);
  await withClient(cluster.url('rowhouse'), (client) =>
    client.query(statements.replaceAll('…', 'rowhouse')),
  );
  expect(warned()).toBeNull();
});
