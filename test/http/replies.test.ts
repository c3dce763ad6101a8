/** A reply that would fill the memory of the server is refused where it is made, and nothing of it is written. */
import format from 'pg-format';
import { expect, it } from 'vitest';
import { startApp } from '../support/app.ts';
import { createDatabase } from '../support/database.ts';
import { monk } from '../support/monk.ts';
import { principal } from '../support/principal.ts';

it('a list of more than 64 MiB asks for fewer rows', async () => {
  const database = await createDatabase();
  const app = await startApp(database);
  const tenant = await app.createTenant('replies');
  const rest = monk(app, principal(tenant, 'boss', { access: 'root' }));
  await rest.define('big', {
    columns: [
      { column_name: 'text', type: 'text' },
      { column_name: 'n', type: 'integer' },
    ],
  });
  const table = format('%I.big', `t_${tenant}`);
  await database.admin.query(
    `insert into ${table} (text) select repeat('x', 8000000) from generate_series(1, 9)`,
  );
  const all = await rest.send('GET', '/api/data/big');
  expect([all.status, all.body]).toEqual([
    400,
    expect.objectContaining({ error_code: 'PARAMETER_LIMIT_EXCEEDED' }),
  ]);
  const some = await rest.send('GET', '/api/data/big?limit=8');
  expect(some.status).toBe(200);
  const { rows } = await database.admin.query(`select id from ${table}`);
  const changes = rows.map(({ id }: { id: string }) => ({ id, n: 1 }));
  expect((await rest.send('PUT', '/api/data/big', changes)).status).toBe(400);
  expect(await rest.find('big', { where: { n: 1 }, select: ['id'] })).toEqual([]);
});
