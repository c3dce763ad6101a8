/** README.md, followed from nothing: every command in it, in its order. */
import { type ChildProcess, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { startCli } from '../support/cli.ts';
import { type Cluster, startPrivateCluster } from '../support/cluster.ts';
import { blocksOf, bash as run, served, stopped } from '../support/shell.ts';

const root = join(import.meta.dirname, '..', '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const blocks = blocksOf(readme, 'sh');
const home = mkdtempSync(join(tmpdir(), 'rowhouse-readme-'));
const settings = { ROWHOUSE_HOME: home, PORT: '0' };

let server: ChildProcess;
let url: string;
let cluster: Cluster | undefined;

const bash = (script: string): string => run(script, home, settings);

beforeAll(async () => {
  server = startCli(['serve', '--demo'], settings, home);
  url = /^URL +(\S+)$/m.exec(await served(server, /The data stays/))?.[1] ?? '';
}, 120_000);

afterAll(async () => {
  if (server) await stopped(server);
  await cluster?.stop();
  rmSync(home, { recursive: true, force: true });
}, 60_000);

it('has the blocks this test knows', () => {
  expect(blocks).toHaveLength(10);
  expect(blocks[0]).toMatch(/^make run .*\nmake test /);
  for (const target of ['run', 'test']) {
    expect(spawnSync('make', ['-n', target], { cwd: root }).status).toBe(0);
  }
});

it('the five minutes, as two people, by REST and by SQL', async () => {
  const [, , first = '', make = '', bob = '', taruvi = '', pgrest = '', objects = '', login = ''] =
    blocks;
  const start = first.replace('http://127.0.0.1:8080', url);
  expect(start).toContain(url);
  const made = bash(`${start}${make.replaceAll(/\n\ncurl/g, '\necho\ncurl')}`).split('\n');
  const [described, created, found] = made.map((line) => JSON.parse(line) as { data: unknown });
  expect(described).toMatchObject({ success: true, data: { name: 'books', created: true } });
  expect(created?.data).toMatchObject([{ title: 'Frankenstein' }, { access_read: ['ada'] }]);
  expect(found?.data).toEqual([
    { title: 'Middlemarch', year: 1871 },
    { title: 'Frankenstein', year: 1818 },
  ]);
  expect(bash(start + bob)).toBe('["Frankenstein"]');
  const page = readme.match(/"data":\[.*\],"total":1/)?.[0] ?? 'no page in README.md';
  const asBob = start + bob.replace(/\ncurl.*/, '');
  expect(bash(asBob + taruvi)).toContain(page);
  const row = readme.match(/`result` holds `(.*?)`/)?.[1] ?? 'no row in README.md';
  expect(JSON.parse(bash(asBob + pgrest))).toMatchObject({ result: [JSON.parse(`{${row}}`)] });
  const unread = bash(asBob + pgrest.replace(' --roles PGREST_READ', ''));
  expect(readme).toContain((JSON.parse(unread) as { message: string }).message);
  const lists = readme.match(/wrote for him: `(.*?)`/)?.[1] ?? 'no lists in README.md';
  const [, listed = ''] = bash(asBob + objects.replace(/\n\ncurl/, '\necho\ncurl')).split('\n');
  expect(JSON.parse(listed)).toMatchObject({ objects: [JSON.parse(`{${lists}}`)] });

  const [, password = '', host = '', port = '', user = '', database = ''] =
    /PGPASSWORD=(\S+) psql -h (\S+) -p (\d+) -U (\S+) -d (\S+)/.exec(bash(login)) ?? [];
  const client = new pg.Client({ host, port: Number(port), user, password, database });
  await client.connect();
  const statements = [...login.matchAll(/^# {3}(.*);$/gm)].map((match) => match[1] ?? '');
  expect(statements).toHaveLength(3);
  const [books = '', notes = '', update = ''] = statements;
  expect((await client.query(books)).rows).toEqual([{ title: 'Frankenstein', year: '1818' }]);
  expect((await client.query(notes)).rows).toEqual([{ text: 'Try Frankenstein' }]);
  expect((await client.query(update)).rowCount).toBe(0);
  await client.end();
});

it('with a Postgres of one’s own', async () => {
  const { binDir } = inject('cluster');
  cluster = await startPrivateCluster(binDir === undefined ? {} : { binDir });
  const admin = new pg.Client({ connectionString: cluster.url('postgres') });
  await admin.connect();
  await admin.query('create database rowhouse');
  await admin.end();
  const own = (blocks[9] ?? '')
    .replace(/postgres:\/\/admin:secret@db\.example\/rowhouse/, cluster.url('rowhouse'))
    .replace('--port 8080', '--port 0');
  const serve = /^npx rowhouse serve.*$/m.exec(own)?.[0] ?? '';
  const script = own.replace(serve, 'echo "SECRET=$ROWHOUSE_JWT_SECRET"');
  const output = bash(script);
  const secret = /^SECRET=(\w+)$/m.exec(output)?.[1] ?? '';
  const child = startCli(serve.replace('npx rowhouse ', '').split(' '), {
    ...settings,
    DATABASE_URL: cluster.url('rowhouse'),
    ROWHOUSE_JWT_SECRET: secret,
  });
  const at = /serves at (\S+)/.exec(await served(child, /serves at \S+/))?.[1];
  expect((await fetch(`${at}/ready`)).status).toBe(200);
  await stopped(child);
  expect(child.exitCode).toBe(0);
}, 60_000);
