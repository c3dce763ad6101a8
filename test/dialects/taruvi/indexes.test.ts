import { beforeAll, describe, expect, test } from 'vitest';
import { startApp, type TestApp } from '../../support/app.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { principal } from '../../support/principal.ts';
import { difference, snapshot } from '../../support/snapshot.ts';
import { type Taruvi, taruvi } from '../../support/taruvi.ts';

let database: TestDatabase;
let app: TestApp;
let tenant: string;
let root: Taruvi;
let counter = 0;

beforeAll(async () => {
  database = await createDatabase();
  app = await startApp(database);
  tenant = await app.createTenant('indexes');
  root = taruvi(app, principal(tenant, 'root', { access: 'root' }));
});

const tables = '/default/datatables';

const fields = [
  { name: 'id', type: 'integer' },
  { name: 'title' },
  { name: 'Body', type: 'string' },
  { name: 'n', type: 'integer' },
  { name: 'price', type: 'number' },
  { name: 'at', type: 'datetime' },
  { name: 'day', type: 'date' },
  { name: 'doc', type: 'object' },
  { name: 'tags', type: 'list' },
  { name: 'span', type: 'any', 'x-pg-type': 'tstzrange' },
  { name: 'place', type: 'geopoint' },
  { name: 'is_live', type: 'boolean' },
];

/** The definition of the one declared index, as Postgres tells it. */
async function indexed(index: object): Promise<string> {
  const name = `i${++counter}`;
  await root.call(
    'POST',
    tables,
    { name, json_schema: { fields, indexes: [{ name: 'idx', ...index }] } },
    201,
  );
  const { rows } = await database.admin.query<{ text: string }>(
    `select pg_get_indexdef(c.oid) as text from pg_class as c where c.relnamespace = $1::regnamespace and c.relname = $2`,
    [`"t_${tenant}"`, `${name}_idx`],
  );
  return (rows[0]?.text ?? '').replace(/^.* USING /, '');
}

describe('an index', () => {
  const cases: readonly (readonly [index: object, text: string | RegExp])[] = [
    [{ fields: ['title'] }, 'btree (title)'],
    [{ columns: ['-n', 'title'], method: 'btree' }, 'btree (n DESC, title)'],
    [{ fields: ['title'], type: 'hash' }, 'hash (title)'],
    [{ expression: 'lpad(title, 3)' }, /lpad\(title, 3\)/],
    [{ expression: "replace(title, '-', '')" }, /replace\(title, '-'::text, ''::text\)/],
    [{ fields: ['doc'], method: 'gin' }, 'gin (doc)'],
    [{ fields: ['doc'], method: 'gin', using: 'jsonb_path_ops' }, 'gin (doc jsonb_path_ops)'],
    [{ fields: ['tags'], method: 'gin' }, 'gin (tags)'],
    [
      { fields: ['title'], method: 'gin', using: 'gin_trgm_ops' },
      'gin (title rowhouse_trigrams.gin_trgm_ops)',
    ],
    [
      { expression: 'lower(title)', method: 'gist', using: 'gist_trgm_ops' },
      'gist (lower(title) rowhouse_trigrams.gist_trgm_ops)',
    ],
    [{ fields: ['span'], method: 'gist' }, 'gist (span)'],
    [{ fields: ['place'], method: 'gist' }, 'gist (place)'],
    [{ fields: ['at'], method: 'brin' }, 'brin (at)'],
    [{ fields: ['title'], using: 'text_pattern_ops' }, 'btree (title text_pattern_ops)'],
    [{ fields: ['title'], unique: true }, 'btree (title)'],
    [{ fields: ['title'], unique: true, where: 'is_live' }, 'btree (title) WHERE is_live'],
    [
      { fields: ['title'], where: 'n > 3 and title is not null or not (price in (1, 2.5))' },
      /WHERE \(\(\(n > 3\) AND \(title IS NOT NULL\)\) OR \(NOT/,
    ],
    [
      { fields: ['title'], where: "title like 'a%' and title not like '%$$b'" },
      /~~ 'a%'::text\) AND \(title !~~ '%\$\$b'::text/,
    ],
    [{ expression: 'lower(title)' }, 'btree (lower(title))'],
    [{ expression: 'lower("Body")', unique: true }, 'btree (lower("Body"))'],
    [{ expression: "doc ->> 'colour'" }, "btree (((doc ->> 'colour'::text)))"],
    [{ expression: "(doc -> 'size' ->> 'w')::integer * 2" }, /\* 2/],
    [
      { expression: 'coalesce(title, \'\') || upper("Body")' },
      /COALESCE\(title, ''::text\) \|\| upper\("Body"\)/,
    ],
    [{ expression: "date_trunc('month', day::timestamp)" }, /date_trunc\('month'::text/],
    [{ expression: "date_trunc('day', at at time zone 'UTC')" }, /timezone\('UTC'::text, at\)/],
    [{ expression: `n${' + n'.repeat(400)}` }, /\+ n/],
    [{ expression: 'extract(year from day)' }, /"extract"\('year'::text, day\)/],
    [{ expression: 'md5(title)', method: 'hash' }, 'hash (md5(title))'],
    [
      { expression: 'abs(n - length(title))', where: 'n <> 0' },
      /abs\(\(n - length\(title\)\)\)\) WHERE \(n <> 0\)/,
    ],
  ];
  test.each(cases.map((each) => [JSON.stringify(each[0]), each] as const))(
    '%s',
    async (_, [index, text]) => {
      const found = await indexed(index);
      if (typeof text === 'string') expect(found).toBe(text);
      else expect(found).toMatch(text);
    },
  );

  test('has its comment, and its name behind that of the table', async () => {
    await indexed({ fields: ['n'], comment: "It's for 'numbers'" });
    const { rows } = await database.admin.query(
      `select obj_description($1::regclass, 'pg_class') as text`,
      [`"t_${tenant}".i${counter}_idx`],
    );
    expect(rows).toEqual([{ text: "It's for 'numbers'" }]);
  });

  test('that is unique refuses, also among those its condition names only', async () => {
    await indexed({ fields: ['title'], unique: true, where: 'is_live' });
    const path = `${tables}/i${counter}/data`;
    await root.call(
      'POST',
      path,
      [{ title: 'a' }, { title: 'a' }, { title: 'a', is_live: true }],
      201,
    );
    await root.refused(409, 'CONFLICT', 'POST', path, { title: 'a', is_live: true });
  });

  const wrong: readonly (readonly [index: object, ...places: string[]])[] = [
    [{}, ''],
    [{ fields: ['n'], expression: 'n' }, ''],
    [{ fields: ['nothing'] }, '.fields.0'],
    [{ fields: [] }, '.fields'],
    [{ fields: ['n', 'n'] }, '.fields'],
    [{ fields: ['n', 'title'], method: 'hash' }, '.fields'],
    [{ fields: ['n'], method: 'hash', unique: true }, '.unique'],
    [{ fields: ['title'], method: 'gin' }, '.fields.0'],
    [{ fields: ['title'], method: 'gist' }, '.fields.0'],
    [{ fields: ['place'] }, '.fields.0'],
    [{ fields: ['doc'], method: 'brin' }, '.fields.0'],
    [{ fields: ['-doc'], method: 'gin' }, '.fields.0'],
    [{ fields: ['n'], method: 'rum' }, '.method'],
    [{ fields: ['n'], using: 'int4_ops); drop table x' }, '.using'],
    [{ fields: ['n'], using: 'text_pattern_ops' }, '.fields.0'],
    [{ fields: ['n'], tablespace: 'x' }, '.tablespace'],
    [{ fields: ['n'], name: '' }, '.name'],
    [{ fields: ['n'], name: 'x'.repeat(62) }, '.name'],
    [{ fields: ['n'], where: 5 }, '.where'],
  ];
  test.each(wrong.map((each) => [JSON.stringify(each[0]), each] as const))(
    '%s is refused',
    async (_, [index, ...places]) => {
      const body = {
        name: `w${++counter}`,
        json_schema: { fields, indexes: [{ name: 'i', ...index }] },
      };
      const error = await root.refused(400, 'VALIDATION_ERROR', 'POST', tables, body);
      expect(Object.keys(error.errors ?? {})).toEqual(places.map((place) => `indexes.0${place}`));
    },
  );

  const hostile: readonly string[] = [
    '(',
    '1); drop table x; --',
    'n) ; drop schema control cascade; select (1',
    'n > 1) or (n = 1',
    'n, title',
    'n) union select (1',
    'n from pg_class',
    '(select 1)',
    `${'n + '.repeat(2000)}n`,
    `${'not '.repeat(400)}n`,
    `${'('.repeat(900)}n = 1${')'.repeat(900)} and random() > 1`,
    'exists (select 1)',
    'pg_sleep(10) is null',
    "set_config('a', 'b', false) is null",
    'pg_catalog.pg_read_file(title) is null',
    "nextval('x') > 0",
    'random() > 0.5',
    'now() > at',
    'current_user = title',
    'current_date = day',
    'count(*) > 1',
    'row_number() over () > 1',
    "title ~ 'a'",
    "title operator(public.=) 'a'",
    'other.title is null',
    'unknown is null',
    '_xact is null',
    'ctid is null',
    "'pg_class'::regclass is null",
    'title::name is null',
    '$1 = n',
    "title similar to 'x'",
    'array[n] is null',
    'row(n) is null',
    'case when is_live then 1 end = 1',
    'title collate "C" = \'a\'',
    "date_trunc('day', at) is null",
    "at::text = ''",
    'n + title > 1',
    'nosuch(n)',
    // Texts that grow without bound: whoever writes a row would compute them.
    'lpad(title, 1000000000) is null',
    'rpad(title, n) is null',
    "regexp_replace(title, 'a', title) is null",
    "replace(lower(replace(title, 'a', 'aaaa')), 'a', 'aaaa') is null",
  ];
  test.each(hostile.map((text) => [text.slice(0, 60), text] as const))(
    '%j as a condition or expression changes nothing',
    async (_, text) => {
      for (const index of [{ fields: ['n'], where: text }, { expression: text }]) {
        const before = await snapshot(database, tenant);
        const body = {
          name: `x${++counter}`,
          json_schema: { fields, indexes: [{ name: 'i', ...index }] },
        };
        const error = await root.refused(400, 'VALIDATION_ERROR', 'POST', tables, body);
        expect(error.message).not.toMatch(/t_keys|control\.|syntax error/);
        expect(difference(before, await snapshot(database, tenant))).toEqual([]);
      }
    },
  );
});

describe('search fields', () => {
  test('make one weighted vector with an index, in a language', async () => {
    const schema = {
      fields,
      search_fields: ['title', { field: 'Body', weight: 'D' }],
      search_language: 'german',
    };
    await root.call('POST', tables, { name: 'searched', json_schema: schema }, 201);
    const { rows } = await database.admin.query<{ text: string }>(
      `select pg_get_expr(adbin, adrelid) as text from pg_attrdef where adrelid = $1::regclass
       and adnum = (select attnum from pg_attribute where attrelid = $1::regclass and attname = 'search_vector')`,
      [`"t_${tenant}".searched`],
    );
    expect(rows[0]?.text).toBe(
      `(setweight(to_tsvector('german'::regconfig, COALESCE(title, ''::text)), 'A'::"char") || setweight(to_tsvector('german'::regconfig, COALESCE("Body", ''::text)), 'D'::"char"))`,
    );
    const made = await root.call('POST', `${tables}/searched/data`, { title: 'Häuser' }, 201);
    expect(made.data).not.toHaveProperty('search_vector');
    await root.refused(400, 'BAD_REQUEST', 'POST', `${tables}/searched/data`, {
      search_vector: 'x',
    });
  });

  test('are refused where they have no words', async () => {
    const cases: readonly (readonly [object, string])[] = [
      [{ search_fields: ['n'] }, 'search_fields.0'],
      [{ search_fields: ['title', 'title'] }, 'search_fields.1'],
      [{ search_fields: ['nothing'] }, 'search_fields.0'],
      [{ search_fields: [{ field: 'title', weight: 'E' }] }, 'search_fields.0.weight'],
      [{ search_fields: 'title' }, 'search_fields'],
      [{ search_fields: ['title'], search_language: "english'; --" }, 'search_language'],
    ];
    for (const [more, place] of cases) {
      const body = { name: `s${++counter}`, json_schema: { fields, ...more } };
      const error = await root.refused(400, 'VALIDATION_ERROR', 'POST', tables, body);
      expect(Object.keys(error.errors ?? {})).toEqual([place]);
    }
  });
});
