/** Numbers that a double cannot hold keep their digits on the way in, and text is no number. */
import { expect, it } from 'vitest';
import { startApp } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { monk } from '../../support/monk.ts';
import { pgrest } from '../../support/pgrest.ts';
import { principal } from '../../support/principal.ts';

it('digits beyond 2^53 are stored and found as they are', async () => {
  const app = await startApp(await createDatabase());
  const tenant = await app.createTenant('numbers');
  const root = principal(tenant, 'root', { access: 'root' });
  const records = monk(app, root);
  const rows = pgrest(app, root);
  await records.define('meter', {
    columns: [
      { column_name: 'count', type: 'integer' },
      { column_name: 'exact', type: 'decimal' },
    ],
  });
  const long = '9007199254740993';
  const fine = '0.12345678901234567890';
  await rows.call('POST', '/data/meter', `{"data":{"count":${long},"exact":${fine}}}`);
  await rows.call('POST', '/data/meter', { data: { count: 9007199254740992 - 1 } });
  expect(
    await records.find('meter', { where: { count: long }, select: ['count', 'exact'] }),
  ).toEqual([{ count: long, exact: fine }]);
  const where = encodeURIComponent(`{"count":{"operator":"=","value":${long}}}`);
  const found = await rows.send('GET', `/data/meter?where=${where}`);
  expect(found.text).toContain(`"count":${long}`);
  expect((found.body as { result: unknown[] }).result).toHaveLength(1);
  for (const column of ['count', 'exact']) {
    await rows.refused(400, 'POST', '/data/meter', `{"data":{"${column}":"${long}"}}`);
  }
});
