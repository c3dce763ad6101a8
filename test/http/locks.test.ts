/** A login role may lock what it may write. Requests that wait for it give up in time for those of others to find a connection. */
import { expect, it } from 'vitest';
import { startApp } from '../support/app.ts';
import { createDatabase } from '../support/database.ts';
import { createLogin } from '../support/logins.ts';
import { monk } from '../support/monk.ts';
import { principal } from '../support/principal.ts';
import { withClient } from '../support/sql.ts';

it('slow statements of one tenant leave connections to the others', async () => {
  const database = await createDatabase();
  const app = await startApp(database);
  const one = await app.createTenant('slow');
  const two = await app.createTenant('quick');
  const first = monk(app, principal(one, 'boss', { access: 'root' }));
  const second = monk(app, principal(two, 'boss', { access: 'root' }));
  for (const rest of [first, second]) await rest.define('note', {});
  await database.admin.query(
    `create function "t_${one}".slow() returns trigger language plpgsql as
       $$ begin perform pg_sleep(2); return new; end $$;
     create trigger slow before insert on "t_${one}".note execute function "t_${one}".slow()`,
  );
  // More than the pool has connections.
  const waiting = Array.from({ length: 12 }, () => first.send('POST', '/api/data/note', {}));
  await new Promise((resolve) => setTimeout(resolve, 300));
  const began = Date.now();
  const other = await second.send('GET', '/api/data/note');
  expect([other.status, Date.now() - began < 1000]).toEqual([200, true]);
  for (const { status, text } of await Promise.all(waiting)) expect(status, text).toBe(200);
});

it('a table locked in one tenant leaves the others served', async () => {
  const database = await createDatabase();
  const app = await startApp(database);
  const one = await app.createTenant('one');
  const two = await app.createTenant('two');
  const first = monk(app, principal(one, 'boss', { access: 'root' }));
  const second = monk(app, principal(two, 'boss', { access: 'root' }));
  for (const rest of [first, second]) await rest.define('note', {});
  const login = await createLogin(database, 'low', principal(one, 'low', { access: 'read' }));
  await withClient(login, async (client) => {
    await client.query(`begin; lock table "t_${one}".note in access exclusive mode`);
    // As many as the pool has connections.
    const waiting = Array.from({ length: 8 }, () => first.send('GET', '/api/data/note'));
    await new Promise((resolve) => setTimeout(resolve, 300));
    const other = await second.send('GET', '/api/data/note');
    expect(other.status, other.text).toBe(200);
    for (const { status, headers } of await Promise.all(waiting)) {
      expect([status, headers.get('retry-after')]).toEqual([503, '1']);
    }
  });
  expect((await first.send('GET', '/api/data/note')).status).toBe(200);
});
