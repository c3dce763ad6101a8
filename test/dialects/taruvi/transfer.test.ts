/** Files in and out: the same rows and rules as any other write and read, by COPY and by pages of one moment. */
import { describe, expect, it } from 'vitest';
import type { Reply } from '../../support/app.ts';
import { principal, tokenFor } from '../../support/principal.ts';
import { stage } from './stage.ts';
import { column, table } from './tables.ts';

const people = table('people', [
  column('name', 'text', { required: true, maximum: 10 }),
  column('code', 'text', { unique: true }),
  column('age', 'integer', { minimum: 0, default: { kind: 'value', value: 7 } }),
  column('on', 'date'),
  column('ok', 'boolean'),
  column('tags', 'text', { type: { base: 'text', array: true } }),
  column('data', 'jsonb'),
]);

const here = stage([people], { root: { access: 'root' }, none: {} });
const at = '/default/datatables/people';

const csv = { headers: { 'content-type': 'text/csv' } };

interface Report {
  readonly inserted: number;
  readonly updated: number;
  readonly skipped: number;
  readonly error_count: number;
  readonly errors: readonly {
    readonly row: number;
    readonly field: string;
    readonly code: string;
  }[];
}

async function load(body: string, query = '', options = csv): Promise<[number, Report, Reply]> {
  const reply = await here.as('root').send('POST', `${at}/data/import/${query}`, body, options);
  return [reply.status, (reply.body as { data: Report }).data, reply];
}

const names = async (): Promise<unknown[]> =>
  (await here.as('root').rows(`${at}/data/?ordering=id&fields=name`)).map(({ name }) => name);

async function clear(): Promise<void> {
  await here.database.admin.query(`truncate t_${here.tenant}.people`);
}

describe('import', () => {
  it('takes CSV with quotes, line breaks and empty cells, and fills in defaults', async () => {
    const [status, report] = await load(
      '\uFEFFname,age,on,ok,tags,data,code\r\n"a ""b""\r\nc",,2024-02-29,true,"[""x"",null]","{""k"":1}",\r\n%_\\,3,,,,,"\\N"\r\n',
    );
    expect([status, report]).toMatchObject([200, { inserted: 2, updated: 0, error_count: 0 }]);
    expect(await here.as('root').rows(`${at}/data/?ordering=id`)).toMatchObject([
      {
        name: 'a "b"\r\nc',
        age: 7,
        on: '2024-02-29',
        ok: true,
        tags: ['x', null],
        data: { k: 1 },
        code: null,
      },
      { name: '%_\\', age: 3, on: null, ok: null, tags: null, data: null, code: '\\N' },
    ]);
    await clear();
  });

  it('takes JSON and NDJSON, by content type or by name of the format', async () => {
    const rows = [
      { name: 'j1', data: [1, { a: null }] },
      { name: 'j2', age: 1 },
    ];
    const json = { headers: { 'content-type': 'application/json' } };
    expect((await load(JSON.stringify(rows), '', json))[1]).toMatchObject({ inserted: 2 });
    const lines = rows.map((row) => JSON.stringify({ ...row, name: `l${row.name}` })).join('\n');
    const plain = { headers: { 'content-type': 'text/plain' } };
    expect((await load(lines, '?format=ndjson', plain))[1]).toMatchObject({ inserted: 2 });
    expect(await names()).toEqual(['j1', 'j2', 'lj1', 'lj2']);
    await clear();
  });

  it('takes the file of a form', async () => {
    const form = new FormData();
    form.set('file', new Blob(['name;age\nf;1\n']), 'people.csv');
    const whole = new Response(form);
    const type = whole.headers.get('content-type') ?? '';
    const [status, report] = await load(await whole.text(), '?delimiter=%3B', {
      headers: { 'content-type': type },
    });
    expect([status, report]).toMatchObject([200, { inserted: 1 }]);
    await clear();
  });

  const broken =
    'name,age,code\na,1,x\n,2,\nb,minus,\nc,-1,\nd,99999999999,\ntoo long a name,1,\ne,1,x\nf,1\ng,5,y\n';

  it('writes nothing when a row is wrong, and names each by row, field and code', async () => {
    const [status, report] = await load(broken);
    expect(status).toBe(400);
    expect(report).toMatchObject({ inserted: 0, updated: 0 });
    expect(report.errors.map(({ row, field, code }) => [row, field, code])).toEqual([
      [2, 'name', 'required'],
      [3, 'age', 'type'],
      [5, 'age', 'type'],
      [8, '', 'cells'],
    ]);
    expect(await names()).toEqual([]);
    const [, second] = await load('name,age,code\na,1,x\nc,-1,\ntoo long a name,1,\ne,1,x\n');
    expect(second.errors.map(({ row, field, code }) => [row, field, code])).toEqual([
      [2, 'age', 'minimum'],
      [3, 'name', 'maximum'],
      [4, 'code', 'unique'],
    ]);
    expect(await names()).toEqual([]);
  });

  it('leaves wrong rows out when it is told to', async () => {
    const [status, report] = await load(broken, '?on_error=skip');
    expect([status, report.inserted, report.skipped, report.error_count]).toEqual([200, 2, 7, 7]);
    expect(report.errors.map(({ row, code }) => [row, code])).toEqual([
      [2, 'required'],
      [3, 'type'],
      [4, 'minimum'],
      [5, 'type'],
      [6, 'maximum'],
      [7, 'unique'],
      [8, 'cells'],
    ]);
    expect(await names()).toEqual(['a', 'g']);
    await clear();
  });

  it('is one transaction, in whatever pieces a long file is written', async () => {
    const rows = Array.from({ length: 25_000 }, (_, at) => `n${at + 1},n${at + 1},${at + 1}`);
    const wrong = [
      [9_999, 'a,,-1', 'minimum'],
      [10_000, ',,1', 'required'],
      [10_001, 'a,,x', 'type'],
      [10_002, 'a much too long name,,1', 'maximum'],
      [20_000, 'a,n3,1', 'unique'],
      [25_000, 'a,,-1', 'minimum'],
    ] as const;
    for (const [row, line] of wrong) rows[row - 1] = line;
    const [status, report] = await load(`name,code,age\n${rows.join('\n')}\n`, '?on_error=skip');
    expect([status, report]).toMatchObject([200, { inserted: 24_994, skipped: 6 }]);
    expect(report.errors.map(({ row, code }) => [row, code])).toEqual(
      wrong.map(([row, , code]) => [row, code]),
    );
    const text = `select count(*)::int as n, sum(age)::int as ages, count(*) filter (where name = 'n' || age)::int as whole
      from t_${here.tenant}.people`;
    const ages = (25_000 * 25_001) / 2 - 9_999 - 10_000 - 10_001 - 10_002 - 20_000 - 25_000;
    expect((await here.database.admin.query(text)).rows).toEqual([
      { n: 24_994, ages, whole: 24_994 },
    ]);
    await clear();
  });

  it('keeps nothing of a long file of which a row is wrong, and nothing of a trial', async () => {
    const lines = Array.from({ length: 12_000 }, (_, at) => `n${at + 1},${at + 1}`);
    const of = (row: number, line: string): string =>
      `name,age\n${lines.with(row - 1, line).join('\n')}\n`;
    for (const [row, line, code] of [
      [1, 'a,-1', 'minimum'],
      [11_000, 'a,-1', 'minimum'],
      [11_000, ',1', 'required'],
    ] as const) {
      const [status, { inserted, errors }] = await load(of(row, line));
      expect([status, inserted, errors]).toMatchObject([400, 0, [{ row, code }]]);
    }
    const [, trial] = await load(of(1, 'n1,1'), '?dry_run=true');
    expect(trial).toMatchObject({ inserted: 12_000, dry_run: true });
    // A line that can't be read, after a piece has been written.
    const [cut] = await load(of(11_900, '"a,1'));
    expect(cut).toBe(400);
    expect(await names()).toEqual([]);
  });

  it('keeps nothing of a trial', async () => {
    const [status, report] = await load('name\na\nb\n', '?dry_run=true');
    expect([status, report]).toMatchObject([200, { inserted: 2, dry_run: true }]);
    expect(await names()).toEqual([]);
  });

  it('changes rows that are there, by the key or by unique fields', async () => {
    await load('name,code,age\na,x,1\nb,y,2\n');
    const [status, report] = await load('code,name\nx,A\nz,C\n', '?mode=upsert&unique_fields=code');
    expect([status, report]).toMatchObject([200, { inserted: 1, updated: 1 }]);
    const rows = await here.as('root').rows(`${at}/data/?ordering=code&fields=code,name,age`);
    expect(rows).toEqual([
      { code: 'x', name: 'A', age: 1 },
      { code: 'y', name: 'b', age: 2 },
      { code: 'z', name: 'C', age: 7 },
    ]);
    const twice = await load('code,name\nx,1\nx,2\n', '?mode=upsert&unique_fields=code');
    expect(twice[0]).toBe(400);
    expect((await load('name\nq\n', '?mode=upsert&unique_fields=name'))[0]).toBe(400);
    await clear();
  });

  it.each([
    ['a column the table has not got', 'name,nope\na,1\n', '', /nope/],
    ['a header that names a column twice', 'name,name\na,b\n', '', /twice/],
    ['an empty file', '\n', '', /empty/],
    ['a quotation mark that is not closed', 'name\n"a\n', '', /Line/],
    ['a quotation mark that is not closed some rows down', 'name\na\n"b\n', '', /Line 3/],
    ['a file that is no JSON', '[{"name":1}', '?format=json', /Line 1/],
    ['a file without what tells its rows', 'code\nx\n', '?mode=upsert', /id/],
    ['an unknown mode', 'name\na\n', '?mode=replace', /mode/],
    ['an unknown format', 'name\na\n', '?format=xml', /format/],
    ['a delimiter of two characters', 'name\na\n', '?delimiter=ab', /delimiter/],
  ])('refuses %s', async (_, body, query, message) => {
    const reply = await here.as('root').send('POST', `${at}/data/import/${query}`, body, csv);
    expect(reply.status, reply.text).toBe(400);
    expect((reply.body as { message: string }).message).toMatch(message);
    expect(await names()).toEqual([]);
  });

  it('refuses bytes that are no UTF-8, and more than 100,000 rows', async () => {
    const bytes = Buffer.from('name\n\xff\n', 'latin1');
    const token = await tokenFor(
      principal(here.tenant, 'root', { access: 'root' }),
      here.app.secret,
    );
    const sent = await fetch(`${here.app.url}/api/apps${at}/data/import/`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'text/csv' },
      body: new Uint8Array(bytes),
    });
    expect(sent.status).toBe(400);
    const [status, , reply] = await load(`name\n${'a\n'.repeat(100_001)}`);
    expect([status, reply.text]).toEqual([400, expect.stringContaining('100000')]);
    expect(await names()).toEqual([]);
  });

  it('writes under the policy of the caller', async () => {
    const reply = await here.as('none').send('POST', `${at}/data/import/`, 'name\na\n', csv);
    expect([400, 403]).toContain(reply.status);
    expect(await names()).toEqual([]);
  });

  it('needs no more than moments for 20,000 rows, whatever stands in them', async () => {
    const lines = Array.from({ length: 20_000 }, (_, n) => `n${n},${n % 90},"{""n"":${n}}"`);
    const [status, report] = await load(`name,age,data\n${lines.join('\n')}\n`);
    expect([status, report]).toMatchObject([200, { inserted: 20_000 }]);
  });
});

describe('export', () => {
  const text = async (query: string, who: 'root' | 'none' = 'root'): Promise<Reply> =>
    here.as(who).send('GET', `${at}/export/${query}`);

  it('gives the rows that a list gives, in each format', async () => {
    await clear();
    await load('name,code,age,data\n"=1+1","a,""b""",1,"{""k"":[1,2]}"\nb,,2,\n');
    const csvText = await text('?fields=name,code,age,data&ordering=age');
    expect(csvText.headers.get('content-type')).toContain('text/csv');
    expect(csvText.text).toBe(
      'name,code,age,data\r\n=1+1,"a,""b""",1,"{""k"":[1,2]}"\r\nb,,2,\r\n',
    );
    const rows = await here.as('root').rows(`${at}/data/?ordering=-age`);
    expect(JSON.parse((await text('?format=json&ordering=-age')).text)).toEqual(rows);
    const lines = (await text('?format=ndjson&ordering=-age')).text.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(rows);
    const descriptor = JSON.parse((await text('?format=datapackage&ordering=-age')).text) as {
      resources: { name: string; data: unknown[] }[];
    };
    expect(descriptor.resources[0]).toMatchObject({ name: 'people', data: rows });
    expect((await text('?age__gte=2')).text.split('\r\n').length).toBe(3);
  });

  it('comes back in by import', async () => {
    const whole = (await text('')).text;
    const before = await here.as('root').rows(`${at}/data/?ordering=id`);
    await clear();
    expect((await load(whole))[1]).toMatchObject({ inserted: before.length });
    expect(await here.as('root').rows(`${at}/data/?ordering=id`)).toEqual(before);
  });

  it('spans pages, and shows one moment whatever is written meanwhile', async () => {
    await clear();
    const lines = Array.from({ length: 2_500 }, (_, n) => `n${n}`);
    await load(`name\n${lines.join('\n')}\n`);
    const read = text('?format=ndjson&fields=name&ordering=id');
    await load('name\nlater\n');
    const found = (await read).text.trimEnd().split('\n');
    expect([2_500, 2_501]).toContain(found.length);
    expect(new Set(found).size).toBe(found.length);
    await clear();
  });

  it('refuses what makes no file, and hides what a read hides', async () => {
    for (const query of ['?page=2', '?populate=*', '?search=x', '?nope=1', '?format=xml']) {
      expect((await text(query)).status, query).toBe(400);
    }
    await load('name\nsecret\n');
    const none = await text('?format=json', 'none');
    expect([200, 403]).toContain(none.status);
    expect(none.text).not.toContain('secret');
  });
});
