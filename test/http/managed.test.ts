/** Managed Postgres: nobody is a superuser. The role of DATABASE_URL may create roles, and schemas in its database; the product works whole. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { doctor } from '../../control-plane/pg/doctor.ts';
import { startAppOn, type TestApp } from '../support/app.ts';
import { type Outcome, runCli } from '../support/cli.ts';
import { type Cluster, startPrivateCluster } from '../support/cluster.ts';
import { monk } from '../support/monk.ts';
import { type Passed, passThrough } from '../support/pass.ts';
import { principal } from '../support/principal.ts';
import { attempt, codeOf, withClient } from '../support/sql.ts';

const secret = 'a secret of this test, long enough';
let cluster: Cluster;
let url: string;
let app: TestApp;
let passed: Passed;
let folder: string;

beforeAll(async () => {
  const { binDir } = inject('cluster');
  // Roles are cluster-wide, and those of the run were made by a superuser.
  cluster = await startPrivateCluster(binDir === undefined ? {} : { binDir });
  await withClient(cluster.url('postgres'), async (client) => {
    await client.query(`create role provider login createrole password 'p'`);
    await client.query('create database service');
    await client.query('grant create on database service to provider');
  });
  url = urlAs('provider', 'p');
  folder = mkdtempSync(join(tmpdir(), 'rowhouse-managed-'));
});

afterAll(async () => {
  await app?.close();
  await cluster?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function urlAs(user: string, password: string): string {
  const other = new URL(cluster.url('service'));
  other.username = user;
  other.password = password;
  return other.href;
}

const run = (...args: readonly string[]): Promise<Outcome> =>
  runCli(args, { DATABASE_URL: url, ROWHOUSE_JWT_SECRET: secret });

it('is installed, and needs nothing the second time', async () => {
  expect(await run('migrate')).toMatchObject({ code: 0, stderr: '' });
  expect((await run('migrate')).stdout).toBe('Everything is up to date\n');
});

it('serves the whole product', async () => {
  app = await startAppOn(url, secret);
  passed = await passThrough(app, 'managed');
  expect(await run('tenant', 'create', 'second')).toMatchObject({ code: 0 });
});

it('loads files, and changes large tables in phases', async () => {
  const file = join(folder, 'readings.csv');
  const lines = Array.from({ length: 10_500 }, (_, n) => `${n},${n % 7}`);
  writeFileSync(file, `id,level\n${lines.join('\n')}\n`);
  const loaded = await run('import', '--tenant', 'second', file);
  expect(loaded.code, loaded.stdout + loaded.stderr).toBe(0);
  const boss = monk(app, principal('second', 'boss', { access: 'root', sudo: true }));
  for (const change of [{ required: true }, { type: 'decimal' }, { index: true }]) {
    const made = await boss.send('PUT', '/api/describe/readings/level', change);
    expect(made.status, made.text).toBe(200);
  }
  await withClient(cluster.url('service'), async (client) => {
    const { rows } = await client.query(
      `select distinct status from control.operations where jsonb_array_length(phases) > 0`,
    );
    expect(rows).toEqual([{ status: 'done' }]);
  });
});

it('binds login roles to their principal, though set_config is theirs to call', async () => {
  const made = await run(
    ...['login', 'create', '--tenant', passed.tenant, '--user', 'reports', '--sub', 'reports'],
  );
  const login = urlAs('reports', /PGPASSWORD=(\S+)/.exec(made.stdout)?.[1] ?? '');
  await withClient(login, async (client) => {
    const texts = async (): Promise<unknown[]> =>
      (await client.query<{ text: string }>('select text from notes order by text')).rows.map(
        ({ text }) => text,
      );
    expect(await texts()).toEqual(passed.open);
    const claims = JSON.stringify({ tenant: passed.tenant, sub: 'boss', level: 4, sudo: true });
    const set = await attempt(client, `select set_config('rowhouse.claims', $1, false)`, [claims]);
    expect(set.ok).toBe(true);
    expect(await texts()).toEqual(passed.open);
    for (const text of [
      'set role rowhouse_owner',
      'set role rowhouse_gateway',
      'set role provider',
      'set role t_second',
      'set session authorization rowhouse_gateway',
      'select * from t_second.readings',
      'select * from control.tenants',
      `alter role reports superuser`,
      'create table public.mine (a int)',
    ]) {
      expect([text, await codeOf(client, text)]).toEqual([text, '42501']);
    }
    const inserted = await attempt(client, `insert into notes (text) values ('three')`);
    expect(inserted).toMatchObject({ ok: true, count: 1 });
    expect(await texts()).toEqual([...passed.open, 'three'].sort());
  });
  const seen = await monk(app, principal(passed.tenant, 'reports')).find('notes', {});
  expect(seen).toHaveLength(3);
});

it('doctor finds no fault, and tells what is slower or less guarded', async () => {
  const { code, stdout } = await run('doctor');
  expect(code, stdout).toBe(0);
  const warned = (await doctor(url)).filter(({ ok }) => !ok);
  expect(warned.map(({ name, level }) => [name, level])).toEqual([
    ['temporary-objects', 'warn'],
    ['set-config', 'warn'],
    ['shared-functions', 'warn'],
    ['leakproof', 'warn'],
    ['parallel', 'warn'],
  ]);
  for (const { message } of warned) expect(stdout).toContain(message);
});

it('drops a tenant with its roles', async () => {
  expect(await run('tenant', 'drop', passed.tenant, '--yes')).toMatchObject({ code: 0 });
  await withClient(cluster.url('service'), async (client) => {
    const { rows } = await client.query(
      `select rolname from pg_roles where starts_with(rolname, $1) or rolname = 'reports'`,
      [`t_${passed.tenant}`],
    );
    expect(rows).toEqual([]);
  });
});

it('is told where a superuser has helped once', async () => {
  await withClient(cluster.url('service'), async (client) => {
    await client.query('revoke temporary on database service from public');
  });
  const lacking = (await doctor(url)).filter(({ level }) => level === 'error');
  expect(lacking.map(({ name }) => name)).toEqual(['staging']);
  await withClient(cluster.url('service'), async (client) => {
    await client.query('grant temporary on database service to rowhouse_gateway');
  });
  const fixed = runCli(['migrate'], {
    DATABASE_URL: cluster.url('service'),
    ROWHOUSE_JWT_SECRET: secret,
  });
  expect(await fixed).toMatchObject({ code: 0 });
  expect((await doctor(url)).filter(({ ok }) => !ok)).toEqual([]);
});
