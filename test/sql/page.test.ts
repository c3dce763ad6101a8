/** docs/sql.md, followed: every statement in it, in its order, by a login role. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startApp } from '../support/app.ts';
import { dataSvc } from '../support/data-svc.ts';
import { createDatabase } from '../support/database.ts';
import { createLogin } from '../support/logins.ts';
import { monk } from '../support/monk.ts';
import { principal } from '../support/principal.ts';
import { taruvi } from '../support/taruvi.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/sql.md'), 'utf8');
const statements = [...page.matchAll(/```sql\n([\s\S]*?)```/g)].flatMap(([, block = '']) =>
  block.split('\n').filter((line) => line !== ''),
);

let client: pg.Client;
let id: string;

beforeAll(async () => {
  const database = await createDatabase();
  const app = await startApp(database);
  const tenant = await app.createTenant('page');
  const root = principal(tenant, 'reports', { access: 'root' });
  const records = monk(app, root);
  await records.define('books', {
    status: 'active',
    columns: [{ column_name: 'title', type: 'text' }],
  });
  await dataSvc(app, root).create({ table: 'task', id: 'task_0' });
  const apps = taruvi(app, root);
  const json_schema = {
    fields: [{ name: 'id', type: 'integer' }],
    primaryKey: 'id',
    graph: { types: [{ name: 'manager' }, { name: 'mentor' }] },
  };
  await apps.call('POST', '/default/datatables', { name: 'staff', json_schema }, 201);
  await apps.call(
    'POST',
    '/default/datatables/staff/data',
    [1, 2, 4].map((n) => ({ id: n })),
    201,
  );
  client = new pg.Client({ connectionString: await createLogin(database, 'page', root) });
  await client.connect();
  await client.query("insert into staff_edges (from_id, to_id, type) values (2, 1, 'manager')");
  await client.query(`update staff_edges set metadata = '{"distance": 3}'`);
  const { rows } = await client.query<{ id: string }>(
    "insert into books (title) values ('Persuasion') returning id",
  );
  id = rows[0]?.id ?? '';
});

afterAll(() => client?.end());

it('has statements', () => expect(statements.length).toBeGreaterThan(12));

it.each(statements)('%s', async (statement) => {
  const result = await client.query<Record<string, unknown>>(statement.replaceAll('<id>', id));
  // What the line says it answers with.
  const columns = /-- ((?:\w+, )+\w+): /.exec(statement)?.[1]?.split(', ');
  if (columns) expect(Object.keys(result.rows[0] ?? {})).toEqual(columns);
  if (/-- true: /.test(statement)) expect(Object.values(result.rows[0] ?? {})).toEqual([true]);
});

it('the trash: marked, restored, refused', async () => {
  const made = await client.query<{ id: string }>(
    "insert into books (title) values ('Emma') returning id",
  );
  const one = made.rows[0]?.id;
  expect((await client.query('delete from books where id = $1', [one])).rowCount).toBe(0);
  expect((await client.query('select from books where id = $1', [one])).rowCount).toBe(0);
  await client.query("select restore('books', $1)", [one]);
  expect((await client.query('select from books where id = $1', [one])).rowCount).toBe(1);
  await expect(client.query('update books set trashed_at = now()')).rejects.toMatchObject({
    code: expect.stringMatching(/^RH/),
    hint: expect.any(String),
  });
});
