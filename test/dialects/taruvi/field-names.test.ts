import { beforeAll, describe, expect, test } from 'vitest';
import { startApp, type TestApp } from '../../support/app.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { principal } from '../../support/principal.ts';
import { type Taruvi, taruvi } from '../../support/taruvi.ts';

let database: TestDatabase;
let app: TestApp;
let root: Taruvi;

beforeAll(async () => {
  database = await createDatabase();
  app = await startApp(database);
  root = taruvi(app, principal(await app.createTenant('names'), 'root', { access: 'root' }));
});

/** Every letter and word that a statement may use for itself, and signs that end names in SQL. */
const names = [
  ...'abcdefghijklmnopqrstuvwxyz',
  ...['new', 'old', 'key', 'row', 'rows', 'count', 'total', 'item', 'place', 'value', 'v0', 'g0'],
  ...['excluded', 'select', 'user', 'table', 'found', 'fresh', 'sent', 'made', 'answer', 'l0'],
  ...['"', "'", '$$', '$1', '\\', 'a.b', 'a b', 'a;b', '--', '%s', '%I', '日本', '__proto__'],
  'x'.repeat(63),
];

describe('a field may be called anything', () => {
  const rows = '/default/datatables/odd/data/';
  const values = Object.fromEntries(names.map((name, at) => [name, `value ${at}`]));
  const sent = (id: number) => `{"id":${id},${JSON.stringify(values).slice(1)}`;

  test('and is written, read, changed and recorded', async () => {
    const fields = [{ name: 'id', type: 'integer' }, ...names.map((name) => ({ name }))];
    await root.call(
      'POST',
      '/default/datatables/',
      { name: 'odd', json_schema: { fields }, audit_enabled: true },
      201,
    );
    const made = await root.call('POST', rows, sent(1), 201);
    expect(JSON.stringify(made.data)).toBe(sent(1));
    expect(JSON.stringify(await root.rows(`${rows}?ordering=id`))).toBe(`[${sent(1)}]`);
    const written = await root.call('POST', `${rows}upsert/`, `[${sent(1)},${sent(2)}]`);
    expect(JSON.stringify(written.data)).toBe(`{"records":[${sent(1)},${sent(2)}],"count":2}`);
    const history = await root.call('GET', `${rows}2/history/`);
    expect(new Set((history.data as { changed_fields: string[] }[])[0]?.changed_fields)).toEqual(
      new Set(['id', ...names]),
    );
  });

  test('and is found', async () => {
    for (const [at, name] of names.entries()) {
      const filter = encodeURIComponent(
        JSON.stringify([{ field: name, operator: 'eq', value: `value ${at}` }]),
      );
      const { total } = await root.call('GET', `${rows}?filters=${filter}&limit=1`);
      expect(total, name).toBe(2);
    }
  });
});
