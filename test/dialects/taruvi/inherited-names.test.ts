/** Columns called as what every JavaScript object inherits: absent from a row they are empty, sent they are kept. */
import { beforeEach, describe, expect, it } from 'vitest';
import { rowsAt, stage } from './stage.ts';
import { column, table } from './tables.ts';

const names = ['constructor', 'valueOf', 'toString', 'hasOwnProperty', '__proto__'];

const here = stage(
  [
    table('inherited', [
      ...names.map((name) => column(name, 'text')),
      column('n', 'integer', { unique: true }),
    ]),
    table('ranged', [
      column('constructor', 'int4range'),
      column('__proto__', 'int4range'),
      column('n', 'integer'),
    ]),
    table('needing', [
      column('n', 'integer', { unique: true }),
      column('valueOf', 'text', { required: true }),
    ]),
  ],
  { root: { access: 'root' } },
);

const root = () => here.as('root');
const inherited = (rest = '') => rowsAt('inherited', rest);
const none = names.map(() => null);

/** The values of the columns by row, read from the text of the reply: an object literal says nothing of `__proto__`. */
async function stored(): Promise<unknown[][]> {
  const rows = await root().rows(inherited('?ordering=n'));
  return rows.map((row) =>
    names.map((name) => Object.entries(row).find(([key]) => key === name)?.[1]),
  );
}

beforeEach(async () => {
  await here.database.admin.query(`truncate t_${here.tenant}.inherited, t_${here.tenant}.ranged`);
});

describe('a file', () => {
  const load = (type: string, body: string) =>
    root().send('POST', inherited('import/'), body, { headers: { 'content-type': type } });

  it('of lines leaves what they do not name empty, and what they name as it is', async () => {
    const given = `{${names.map((name) => `"${name}":"of ${name}"`).join(',')},"n":3}`;
    // A tab is what does not show at a glance to be right: the row is judged in full.
    const odd = `{"n":2,"toString":"a\\tb"}`;
    const reply = await load('application/x-ndjson', `{"n":1}\n${odd}\n${given}\n`);
    expect([reply.status, reply.body]).toMatchObject([200, { data: { inserted: 3 } }]);
    expect(await stored()).toEqual([
      none,
      [null, null, 'a\tb', null, null],
      names.map((name) => `of ${name}`),
    ]);
  });

  it('of cells likewise, and is given back', async () => {
    const csv = `n,constructor,__proto__\r\n1,,\r\n2,"a\nb",p\r\n`;
    const reply = await load('text/csv', csv);
    expect([reply.status, reply.body]).toMatchObject([200, { data: { inserted: 2 } }]);
    expect(await stored()).toEqual([none, ['a\nb', null, null, null, 'p']]);
    const back = await root().send(
      'GET',
      '/default/datatables/inherited/export/?fields=n,constructor,__proto__&ordering=n',
    );
    expect(back.text).toBe(csv);
  });
});

it('the ending of a file is none that a format has', async () => {
  const form = new FormData();
  form.set('file', new Blob(['n\n1\n'], { type: 'text/csv' }), 'rows.constructor');
  const whole = new Response(form);
  const headers = { 'content-type': whole.headers.get('content-type') ?? '' };
  const reply = await root().send('POST', inherited('import/'), await whole.text(), { headers });
  expect([reply.status, reply.body]).toMatchObject([200, { data: { inserted: 1 } }]);
});

describe('rows sent', () => {
  it('keep to what they name when others name more', async () => {
    const body = `[{"n":1},{"n":2,"constructor":"c"},{"n":3,"__proto__":"p"}]`;
    await root().call('POST', inherited(), body, 201);
    await root().call(
      'POST',
      inherited('upsert/?unique_fields=n'),
      `[{"n":1,"valueOf":"v"},{"n":3}]`,
    );
    expect(await stored()).toEqual([
      [null, 'v', null, null, null],
      ['c', null, null, null, null],
      [null, null, null, null, 'p'],
    ]);
  });

  it('with ranges too', async () => {
    const body = `[{"n":1},{"n":2,"__proto__":{"lower":1,"upper":3}},{"n":3,"constructor":{"lower":5,"upper":6}}]`;
    await root().call('POST', rowsAt('ranged'), body, 201);
    const { rows } = await here.database.admin.query(
      `select n, "constructor"::text as c, "__proto__"::text as p from t_${here.tenant}.ranged order by n`,
    );
    expect(rows).toEqual([
      { n: 1, c: null, p: null },
      { n: 2, c: null, p: '[1,3)' },
      { n: 3, c: '[5,6)', p: null },
    ]);
  });

  it('are refused by name where a new one lacks a required value', async () => {
    const reply = await root().send('POST', rowsAt('needing', 'upsert/?unique_fields=n'), [
      { n: 1 },
    ]);
    expect(reply.status).toBe(400);
    expect(reply.text).toContain('valueOf is required');
  });

  it('are kept in a document under any name', async () => {
    const fields = [{ name: 'n', type: 'integer' }];
    const made = { name: 'papers', provider_type: 'jsonb', json_schema: { fields } };
    await root().call('POST', '/default/datatables/', made, 201);
    const sent = `{"n":1,"__proto__":{"a":1},"constructor":"c"}`;
    await root().call('POST', rowsAt('papers'), sent, 201);
    const { text } = await root().send('GET', rowsAt('papers'));
    const [row] = (JSON.parse(text) as { data: object[] }).data;
    expect(new Map(Object.entries(row ?? {}))).toEqual(
      new Map<string, unknown>([
        ['id', expect.any(String)],
        ['n', 1],
        ['__proto__', { a: 1 }],
        ['constructor', 'c'],
      ]),
    );
  });
});

it('a datasource of such a name was never changed', async () => {
  const made = { name: 'Constructor', provider_type: 'flat_table' };
  await root().send('POST', '/default/datasources/', made);
  const { body } = await root().send('GET', '/default/datasources/constructor/stats');
  expect(body).toMatchObject({ datasource_slug: 'constructor', last_schema_operation_at: null });
});
