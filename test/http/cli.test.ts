import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { decodeJwt } from 'jose';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Outcome, runCli } from '../support/cli.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let folder = '';

beforeAll(async () => {
  database = await createDatabase();
  folder = mkdtempSync(join(tmpdir(), 'rowhouse-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function rowhouse(...args: readonly string[]): Promise<Outcome> {
  const settings = { DATABASE_URL: database.url, ROWHOUSE_JWT_SECRET: database.secret };
  return runCli(args, settings, folder);
}

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe('command lines', () => {
  test('help documents every command', async () => {
    const { code, stdout } = await rowhouse('--help');
    expect(code).toBe(0);
    for (const name of ['serve', 'tenant', 'token', 'login', 'import', 'migrate', 'doctor']) {
      expect(stdout).toMatch(new RegExp(`^ {2}${name}\\b`, 'm'));
      const own = await rowhouse(name, '--help');
      expect(own.code).toBe(0);
      expect(own.stdout).toContain(`Usage: rowhouse ${name}`);
    }
  });

  test.each([
    [['no-such-command'], /unknown command/],
    [['token', '--tenant', 'acme'], /--sub/],
    [['token', '--sub', 'x'], /--tenant/],
    [['token', '--tenant', 'acme', '--sub', 'x', '--ttl', '1w'], /--ttl/],
    [['token', '--tenant', 'Acme', '--sub', 'x'], /--tenant/],
    [['token', '--tenant', 'acme', '--sub', 'x', '--claims', '["dept"]'], /--claims/],
    [['token', '--tenant', 'acme', '--sub', 'x', '--claims', '{dept}'], /--claims/],
    [['tenant', 'drop', 'acme'], /--yes/],
  ])('%j: exit code 2, one line', async (args, message) => {
    const { code, stdout, stderr } = await rowhouse(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  test('a database that does not answer: exit code 1, one line', async () => {
    const settings = {
      DATABASE_URL: 'postgres://a:b@127.0.0.1:1/x',
      ROWHOUSE_JWT_SECRET: database.secret,
    };
    const { code, stderr } = await runCli(['tenant', 'list'], settings, folder);
    expect(code).toBe(1);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  test('an unknown setting is named', async () => {
    const settings = { ROWHOUSE_JWT_SECRT: 'x' };
    const { code, stderr } = await runCli(['migrate'], settings, folder);
    expect(code).toBe(1);
    expect(stderr).toContain('ROWHOUSE_JWT_SECRT');
  });
});

test('token: claims as asked, good for as long as asked', async () => {
  const { code, stdout } = await rowhouse(
    ...['token', '--tenant', 'acme', '--sub', 'anna', '--roles', 'a,b', '--orgs', 'o'],
    ...['--access', 'read', '--ttl', '90s'],
  );
  expect(code).toBe(0);
  const claims = decodeJwt(stdout.trim());
  expect(claims).toMatchObject({ sub: 'anna', tenant: 'acme', roles: ['a', 'b'], orgs: ['o'] });
  expect(claims['access']).toBe('read');
  expect((claims.exp ?? 0) - Date.now() / 1000).toBeGreaterThan(60);
  expect((claims.exp ?? 0) - Date.now() / 1000).toBeLessThanOrEqual(90);
});

test('token: further claims, which replace none of its own', async () => {
  const further = { dept: 'sales', teams: ['a'], sub: 'eve', access: 'root' };
  const { code, stdout } = await rowhouse(
    ...['token', '--tenant', 'acme', '--sub', 'anna', '--claims', JSON.stringify(further)],
  );
  expect(code).toBe(0);
  const claims = decodeJwt(stdout.trim());
  expect(claims).toMatchObject({ dept: 'sales', teams: ['a'], sub: 'anna', access: 'edit' });
});

test('migrate: nothing to do the second time; doctor finds nothing wrong', async () => {
  expect(await rowhouse('migrate')).toMatchObject({
    code: 0,
    stdout: 'Everything is up to date\n',
  });
  const { code, stdout, stderr } = await rowhouse('doctor');
  expect(code, stdout + stderr).toBe(0);
});

test('tenants are made, listed and dropped', async () => {
  const slug = database.slug('shop');
  expect(await rowhouse('tenant', 'create', slug, '--name', 'The Shop')).toMatchObject({ code: 0 });
  const twice = await rowhouse('tenant', 'create', slug);
  expect(twice).toMatchObject({ code: 1 });
  expect(twice.stderr).toContain(slug);
  expect((await rowhouse('tenant', 'list')).stdout).toMatch(
    new RegExp(`^${slug} +active .*The Shop$`, 'm'),
  );
  expect(await rowhouse('tenant', 'drop', slug, '--yes')).toMatchObject({ code: 0 });
  expect((await rowhouse('tenant', 'list')).stdout).not.toContain(slug);
  expect(await rowhouse('tenant', 'drop', slug, '--yes')).toMatchObject({ code: 1 });
});

describe('import', () => {
  let tenant = '';
  beforeAll(async () => {
    tenant = database.slug('load');
    const made = await rowhouse('tenant', 'create', tenant);
    if (made.code !== 0) throw new Error(made.stderr);
  });

  async function rows(text: string): Promise<Record<string, unknown>[]> {
    await database.admin.query('select 1');
    const { rows } = await database.admin.query(text.replaceAll('@', `"t_${tenant}"`));
    return rows;
  }

  test('a CSV of real data becomes a table that a login role reads', async () => {
    const entry = createRequire(import.meta.url).resolve('vega-datasets');
    const airports = join(dirname(entry), '..', 'data', 'airports.csv');
    const { code, stdout, stderr } = await rowhouse('import', '--tenant', tenant, airports);
    expect(code, stderr).toBe(0);
    expect(stdout).toBe('airports: 3376 rows, table made\n');
    const user = database.slug('reader');
    const login = await rowhouse(
      ...['login', 'create', '--tenant', tenant, '--user', user, '--sub', 'anna'],
    );
    expect(login.code, login.stderr).toBe(0);
    expect(login.stdout).toMatch(/^PGPASSWORD=\S+ psql -h 127\.0\.0\.1 -p \d+ -U \S+ -d \S+\n$/);
    const password = /PGPASSWORD=(\S+)/.exec(login.stdout)?.[1] ?? '';
    const client = new pg.Client({ connectionString: database.urlAs(user, password) });
    await client.connect();
    try {
      const found = await client.query('select name, latitude from airports where iata = $1', [
        'JFK',
      ]);
      expect(found.rows).toEqual([{ name: 'John F Kennedy Intl', latitude: '40.63975111' }]);
    } finally {
      await client.end();
    }
  });

  test('a package: types, a key and a foreign key, targets first', async () => {
    file('town.csv', 'code,name\nB,Bonn\nK,Köln\n');
    file('street.csv', 'id,town,length,open\n1,K,"1.5",true\n2,B,,false\n');
    const resources = [
      {
        name: 'street',
        path: 'street.csv',
        schema: {
          primaryKey: ['id'],
          fields: [
            { name: 'id', type: 'integer' },
            { name: 'town', type: 'string' },
            { name: 'length', type: 'number' },
            { name: 'open', type: 'boolean' },
          ],
          foreignKeys: [{ fields: 'town', reference: { resource: 'town', fields: 'code' } }],
        },
      },
      {
        name: 'town',
        path: 'town.csv',
        schema: { primaryKey: 'code', fields: [{ name: 'code' }, { name: 'name' }] },
      },
    ];
    const path = file('datapackage.json', `\uFEFF${JSON.stringify({ resources })}`);
    const folder = dirname(path);
    const { code, stdout, stderr } = await rowhouse('import', '--tenant', tenant, folder);
    expect(code, stderr).toBe(0);
    expect(stdout).toBe('town: 2 rows, table made\nstreet: 2 rows, table made\n');
    expect(await rows('select id, town, length, open from @.street order by id')).toEqual([
      { id: '1', town: 'K', length: '1.5', open: true },
      { id: '2', town: 'B', length: null, open: false },
    ]);
  });

  test('a bad row is named, and nothing is left of its file; other files are loaded', async () => {
    const good = file('good.csv', 'a\n1\n');
    const table = file('bad2.csv', 'id,n\n1,1\n2,x\n');
    const resources = [
      {
        name: 'bad2',
        path: 'bad2.csv',
        schema: { fields: [{ name: 'id' }, { name: 'n', type: 'integer' }] },
      },
    ];
    const described = file('datapackage.json', JSON.stringify({ resources }));
    const { code, stdout, stderr } = await rowhouse('import', '--tenant', tenant, described, good);
    expect(code).toBe(1);
    const reason = `${table}, line 3, field n: "x" is not a bigint`;
    expect(stderr).toBe(`rowhouse: ${reason}\ngood: 1 rows\n`);
    expect(stdout).toBe(
      `good: 1 rows, table made\nbad2: refused: ${reason}\n1 loaded, 0 left out, 1 refused\n`,
    );
    expect(await rows(`select to_regclass('@.bad2') as bad2`)).toEqual([{ bad2: null }]);
    const first = await rowhouse('import', '--tenant', tenant, file('n.ndjson', '{"n":1}\n'));
    expect(first.code, first.stderr).toBe(0);
    const more = await rowhouse(
      'import',
      '--tenant',
      tenant,
      file('n.json', '[{"n":2},\n{"m":3}]'),
    );
    expect(more.stderr).toMatch(/n\.json, line 2, field m: table n has no such column/);
    expect(await rows('select n from @.n')).toEqual([{ n: '1' }]);
  });

  test('a rule that only the database knows names the row too, and takes the whole file back', async () => {
    file('rule.csv', 'n\n1\n2\n-3\n');
    const fields = [{ name: 'n', type: 'integer', constraints: { minimum: 0 } }];
    const resources = [{ name: 'rule', path: 'rule.csv', schema: { fields } }];
    const path = file('datapackage.json', JSON.stringify({ resources }));
    const { code, stderr } = await rowhouse('import', '--tenant', tenant, path);
    expect(code).toBe(1);
    expect(stderr).toMatch(/rule\.csv, line 4, field n: /);
    expect(await rows(`select to_regclass('@.rule') as rule`)).toEqual([{ rule: null }]);
  });

  test('columns called as what every object inherits hold what the file says', async () => {
    const csv = file('inherited.csv', 'n,valueOf,__proto__\n1,,\n2,v,p\n');
    const json = file('prototype.ndjson', '{"n":1}\n{"n":2,"constructor":"c","toString":"t"}\n');
    const { code, stderr } = await rowhouse('import', '--tenant', tenant, csv, json);
    expect(code, stderr).toBe(0);
    expect(
      await rows('select n, "valueOf" as v, "__proto__" as p from @.inherited order by n'),
    ).toEqual([
      { n: '1', v: null, p: null },
      { n: '2', v: 'v', p: 'p' },
    ]);
    expect(
      await rows('select n, "constructor" as c, "toString" as t from @.prototype order by n'),
    ).toEqual([
      { n: '1', c: null, t: null },
      { n: '2', c: 'c', t: 't' },
    ]);
  });

  test('a missing file is named', async () => {
    const { code, stderr } = await rowhouse('import', '--tenant', tenant, 'nowhere.csv');
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'rowhouse: no such file: nowhere.csv\n' });
  });
});
