/** Requests that change the access lists of one record at one time: each is done or refused as a collision, none as a faulty row. */
import { expect, it } from 'vitest';
import { startApp } from '../support/app.ts';
import { createDatabase } from '../support/database.ts';
import { monk } from '../support/monk.ts';
import { principal } from '../support/principal.ts';

it('changes of access lists at one time are repeated, not taken for faulty rows', async () => {
  const database = await createDatabase();
  const app = await startApp(database);
  const tenant = await app.createTenant('collisions');
  const rest = monk(app, principal(tenant, 'boss', { access: 'root' }));
  await rest.define('note', { columns: [{ column_name: 'n', type: 'integer' }] });
  const [note] = await rest.create('note', [{ n: 0, access_full: ['boss'] }]);
  const one = `/api/data/note/${note?.id}`;
  const where = `/api/data/note?where=${encodeURIComponent(JSON.stringify({ id: note?.id }))}`;
  const statuses = new Map<number, number>();
  // The same few lists over and over: combinations that were there before the statements began.
  for (let round = 0; round < 12; round++) {
    const replies = await Promise.all(
      ['a', 'b', 'c', 'd'].map((name, at) =>
        at % 2 === 0
          ? rest.send('PUT', one, { access_full: ['boss'], access_read: [name] })
          : rest.send('PUT', where, { access_full: ['boss'], access_edit: [name], n: at }),
      ),
    );
    for (const { status, text } of replies) {
      expect([200, 409], text).toContain(status);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  }
  expect(statuses.get(200)).toBeGreaterThan(40);
});
