/** The key of a record is its identity: history and links speak of it, so neither REST nor SQL may change it. */
import format from 'pg-format';
import { expect, it } from 'vitest';
import { startApp } from '../support/app.ts';
import { createDatabase } from '../support/database.ts';
import { createLogin } from '../support/logins.ts';
import { monk } from '../support/monk.ts';
import { principal } from '../support/principal.ts';
import { attempt, withClient } from '../support/sql.ts';

it('an id stays what it is, by REST and by SQL', async () => {
  const database = await createDatabase();
  const app = await startApp(database);
  const tenant = await app.createTenant('keys');
  const ann = principal(tenant, 'ann', { access: 'full' });
  const rest = monk(app, ann);
  await rest.define('note', { columns: [{ column_name: 'text', type: 'text', tracked: true }] });
  const [note] = await rest.create('note', [{ text: 'a' }]);
  const other = '00000000-0000-7000-8000-000000000001';
  const moved = await rest.send('PUT', `/api/data/note/${note?.id}`, { id: other });
  expect(moved.status).toBe(400);
  const kept = await rest.send('PUT', `/api/data/note/${note?.id}`, { id: note?.id, text: 'b' });
  expect(kept.status).toBe(200);
  await withClient(await createLogin(database, 'ann', ann), async (client) => {
    const table = `${format.ident(`t_${tenant}`)}.note`;
    const byKey = await attempt(client, `update ${table} set id = '${other}'`);
    expect(byKey).toMatchObject({ ok: false, code: 'RH404' });
    expect(await attempt(client, `update ${table} set id = id, text = 'c'`)).toMatchObject({
      ok: true,
      count: 1,
    });
  });
  const history = await rest.send('GET', `/api/history/note/${note?.id}`);
  expect((history.body as { data: { changes: object }[] }).data.map((e) => e.changes)).toEqual([
    { text: { old: 'b', new: 'c' } },
    { text: { old: 'a', new: 'b' } },
    { text: { old: null, new: 'a' } },
  ]);
});
