/** Whole data packages through the command: what fits its schema is loaded, what does not is refused and named, nothing is forgotten. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Outcome, runCli } from '../support/cli.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { type Described, matches, rowsOfFile } from '../support/package-oracle.ts';

let database: TestDatabase;
let folder = '';
let tenant = '';

beforeAll(async () => {
  database = await createDatabase();
  folder = mkdtempSync(join(tmpdir(), 'rowhouse-package-'));
  tenant = database.slug('packages');
  const made = await rowhouse('tenant', 'create', tenant);
  if (made.code !== 0) throw new Error(made.stderr);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function rowhouse(...args: readonly string[]): Promise<Outcome> {
  // A file takes as long as it takes: the limit of requests' statements is none of its own.
  const settings = {
    ROWHOUSE_STATEMENT_TIMEOUT: args[0] === 'import' ? '50ms' : '15s',
    DATABASE_URL: database.url,
    ROWHOUSE_JWT_SECRET: database.secret,
  };
  return runCli(args, settings, folder);
}

/** A package of these files, as the command loads it. */
function load(
  name: string,
  resources: readonly unknown[],
  files: Readonly<Record<string, string>>,
  ...options: readonly string[]
): Promise<Outcome> {
  const place = join(folder, name);
  mkdirSync(place);
  for (const [file, text] of Object.entries(files)) writeFileSync(join(place, file), text);
  writeFileSync(join(place, 'datapackage.json'), `\uFEFF${JSON.stringify({ resources })}`);
  return rowhouse('import', '--tenant', tenant, ...options, place);
}

async function query(text: string): Promise<Record<string, unknown>[]> {
  return (await database.admin.query(text.replaceAll('@', `"t_${tenant}"`))).rows;
}

/** A resource with an integer key and these texts, some of which refer elsewhere. */
function described(name: string, fields: readonly string[], targets: Record<string, string> = {}) {
  return {
    name,
    path: `${name}.csv`,
    schema: {
      primaryKey: 'id',
      fields: ['id', ...fields].map((each) => ({ name: each, type: 'integer' })),
      foreignKeys: Object.entries(targets).map(([field, resource]) => ({
        fields: field,
        reference: { resource, fields: 'id' },
      })),
    },
  };
}

test('the sample datasets: every resource is loaded, refused or left out; loaded ones have the rows of their files', async () => {
  const entry = createRequire(import.meta.url).resolve('vega-datasets');
  const root = join(dirname(entry), '..');
  const text = readFileSync(join(root, 'datapackage.json'), 'utf8').replace(/^\uFEFF/, '');
  const { resources } = JSON.parse(text) as { resources: readonly Described[] };
  // The data lies in a folder below the descriptor.
  const moved = resources.map((each) => ({ ...each, path: `data/${each.path}` }));
  writeFileSync(join(folder, 'datapackage.json'), `\uFEFF${JSON.stringify({ resources: moved })}`);
  const { symlinkSync } = await import('node:fs');
  symlinkSync(join(root, 'data'), join(folder, 'data'));
  const { code, stdout } = await rowhouse('import', '--tenant', tenant, folder);
  expect(code).toBe(1);
  const lines = stdout.trimEnd().split('\n').slice(0, -1);
  const said = new Map(
    lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
  );
  expect([...said.keys()].sort()).toEqual(resources.map(({ name }) => name).sort());
  const wrong: string[] = [];
  for (const resource of resources) {
    const rows = rowsOfFile(join(root, 'data'), resource);
    const outcome = said.get(resource.name) ?? '';
    const found = await query(`select to_regclass('@."${resource.name}"') is not null as there`);
    const expected =
      resource.type !== 'table'
        ? /^left out/
        : rows !== undefined && matches(rows, resource)
          ? new RegExp(`^${rows.length} rows, table made$`)
          : /^refused: .*, line \d+/;
    const there = String(expected).includes('rows');
    if (!expected.test(outcome) || found[0]?.['there'] !== there) {
      wrong.push(`${resource.name}: ${outcome}, expected ${expected}`);
    } else if (there) {
      const [counted] = await query(`select count(*)::int as n from @."${resource.name}"`);
      expect(counted, resource.name).toEqual({ n: rows?.length });
    }
  }
  expect(wrong).toEqual([]);
}, 300_000);

describe('resources that refer to one another', () => {
  test('a refused one takes those with it that refer to it, and no others', async () => {
    const { code, stdout } = await load(
      'chain',
      [
        described('c3', ['up'], { up: 'c2' }),
        described('c2', ['up'], { up: 'c1' }),
        described('c1', ['n']),
        described('alone', ['n']),
      ],
      {
        'c1.csv': 'id,n\n1,x\n',
        'c2.csv': 'id,up\n1,1\n',
        'c3.csv': 'id,up\n1,1\n',
        'alone.csv': 'id,n\n1,1\n',
      },
    );
    expect(code).toBe(1);
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toBe('alone: 1 rows, table made');
    expect(lines[1]).toMatch(/^c1: refused: .*c1\.csv, line 2, field n: "x" is not a bigint$/);
    expect(lines[2]).toMatch(/^c2: refused: .*field up: refers to c1, which is refused$/);
    expect(lines[3]).toMatch(/^c3: refused: .*field up: refers to c2, which is refused$/);
    expect(lines[4]).toBe('1 loaded, 0 left out, 3 refused');
    expect(await query(`select to_regclass('@.c1') as a, to_regclass('@.c2') as b`)).toEqual([
      { a: null, b: null },
    ]);
  });

  test('a row that refers to nothing is named by its line', async () => {
    const { code, stdout } = await load(
      'dangling',
      [described('town', []), described('street', ['town'], { town: 'town' })],
      { 'town.csv': 'id\n1\n', 'street.csv': 'id,town\n1,1\n2,7\n' },
    );
    expect(code).toBe(1);
    expect(stdout).toMatch(/street: refused: .*street\.csv, line 3, field town: .*not exist/);
    expect(stdout).toContain('town: 1 rows');
  });

  test('a circle is loaded whole, with its keys, or not at all; rows refer to later ones', async () => {
    const circle = (a: string, b: string) => [
      described(a, ['b', 'next'], { b, next: '' }),
      described(b, ['a'], { a }),
    ];
    const files = { 'x1.csv': 'id,b,next\n1,1,2\n2,,1\n', 'x2.csv': 'id,a\n1,2\n' };
    const good = await load('circle', circle('x1', 'x2'), files);
    expect([good.code, good.stdout]).toEqual([
      0,
      'x1: 2 rows, table made\nx2: 1 rows, table made\n',
    ]);
    const keys = await query(
      `select conrelid::regclass::text as of from pg_constraint where contype = 'f' and conrelid in ('@.x1'::regclass, '@.x2'::regclass)`,
    );
    expect(keys).toHaveLength(3);
    const bad = await load('broken', circle('y1', 'y2'), {
      'y1.csv': 'id,b,next\n1,9,\n',
      'y2.csv': 'id,a\n1,1\n',
    });
    expect(bad.code).toBe(1);
    expect(bad.stdout).toContain('0 loaded, 0 left out, 2 refused');
    expect(await query(`select to_regclass('@.y1') as a, to_regclass('@.y2') as b`)).toEqual([
      { a: null, b: null },
    ]);
  });
});

test('names with spaces, dates in a form of their own, a column id that tells nothing', async () => {
  const { code, stdout, stderr } = await load(
    'odd',
    [
      {
        name: 'odd',
        path: 'odd.csv',
        schema: {
          fields: [
            { name: 'id', type: 'integer' },
            { name: 'Cost Total $', type: 'number', groupChar: ',' },
            { name: 'on day', type: 'date', format: '%d/%m/%Y' },
          ],
        },
      },
    ],
    { 'odd.csv': 'id,Cost Total $,on day\r\n1,"1,000.5",29/02/2024\r\n1,,\r\n' },
  );
  expect([code, stdout], stderr).toEqual([0, 'odd: 2 rows, table made\n']);
  expect(
    await query(
      `select id::int, "Cost Total $" as cost, "on day"::text as day from @.odd order by 2`,
    ),
  ).toEqual([
    { id: 1, cost: '1000.5', day: '2024-02-29' },
    { id: 1, cost: null, day: null },
  ]);
});

describe('every constraint of the standard holds, each on a row that keeps it and one that breaks it', () => {
  const cases: readonly [
    type: string,
    constraints: object,
    kept: string,
    broken: string,
    more?: object,
  ][] = [
    ['integer', { minimum: 1, maximum: '9' }, '9', '10'],
    ['integer', { enum: ['1', '2'] }, '2', '3'],
    ['number', { exclusiveMinimum: 0 }, '0.01', '0'],
    ['number', { exclusiveMaximum: 1.5 }, '1.49', '1.5'],
    ['date', { minimum: '2020-01-01' }, '2020-01-01', '2019-12-31'],
    ['date', { exclusiveMaximum: '2021-01-01' }, '2020-12-31', '2021-01-01'],
    [
      'datetime',
      { maximum: '2020-01-01T00:00:00Z' },
      '2020-01-01T00:00:00Z',
      '2020-01-01T00:00:01Z',
    ],
    ['string', { minLength: 2, maxLength: 3 }, 'abc', 'a'],
    ['string', { pattern: '[a-c]+' }, 'abc', 'abcd'],
    ['string', { required: true }, 'a', ''],
    ['string', {}, 'a@b.org', 'a', { format: 'email' }],
    ['integer', {}, '9007199254740993', '92233720368547758070'],
    ['yearmonth', {}, '2020-12', '2020-13'],
    ['duration', {}, 'P1DT2H', 'a day'],
    ['date', {}, '29.02.24', '2024-02-29', { format: '%d.%m.%y' }],
  ];
  test.each(cases)('%s %j: %s, not %s', async (type, constraints, kept, broken, more = {}) => {
    const at = cases.findIndex((each) => each[1] === constraints && each[2] === kept);
    const fields = [
      { name: 'n', type: 'integer' },
      { name: 'v', type, constraints, ...more },
    ];
    const resource = (name: string) => ({ name, path: `${name}.csv`, schema: { fields } });
    const { code, stdout } = await load(`rule${at}`, [resource(`k${at}`), resource(`b${at}`)], {
      [`k${at}.csv`]: `n,v\n1,${kept}\n`,
      [`b${at}.csv`]: `n,v\n1,${kept}\n2,${broken}\n`,
    });
    expect(stdout).toContain(`k${at}: 1 rows, table made\n`);
    expect(stdout).toMatch(new RegExp(`^b${at}: refused: .*b${at}\\.csv, line 3, field v: `, 'm'));
    expect(code).toBe(1);
  });
});

test('another app', async () => {
  const files = { 'o1.csv': 'id,n\n1,1\n' };
  const { code, stdout, stderr } = await load(
    'other',
    [described('o1', ['n'])],
    files,
    '--app',
    'shop',
  );
  expect([code, stdout], stderr).toEqual([0, 'o1: 1 rows, table made\n']);
  expect(await query('select n::int from @.shop_o1')).toEqual([{ n: 1 }]);
});
