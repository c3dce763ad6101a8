/** Who reads an export and stops taking it, holds neither the connection nor the snapshot: others get them, and the reader is told. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { gatewayUrl } from '../../control-plane/pg/gateway.ts';
import { singlePlacement } from '../../control-plane/pg/placement.ts';
import { openPool } from '../../control-plane/pg/pool.ts';
import { createSession } from '../../control-plane/pg/session.ts';
import { createExport } from '../../control-plane/service/export.ts';
import { createPages } from '../../control-plane/service/pages.ts';
import { createDatabase } from '../support/database.ts';
import { evolver, makeTenant } from '../support/evolution.ts';
import { principal } from '../support/principal.ts';
import { column } from '../unit/compile/samples.ts';
import { read } from './plan-harness.ts';

it('is given up, page or no page taken', async () => {
  const database = await createDatabase();
  const tenant = database.slug('reader');
  await makeTenant(database, tenant);
  const here = evolver(database, tenant);
  await here.create('items', [column('n', { base: 'integer' })]);
  await database.admin.query(`insert into "t_${tenant}".items (n) select generate_series(1, 2500)`);
  // One connection: who wants it next waits for the reader.
  const pool = openPool({
    connectionString: gatewayUrl(database.url, database.secret),
    max: 1,
    statementTimeout: 15_000,
    connectTimeout: 60_000,
  });
  database.onClose(() => pool.end());
  const placement = singlePlacement({ data: pool, ddl: pool });
  const caller = {
    principal: principal(tenant, 'ann', { access: 'root' }),
    requestId: 'r1',
    signal: new AbortController().signal,
  };
  const catalog = await here.load();
  const format = { kind: 'ndjson' } as const;
  const start = (patience?: number) =>
    createExport(createPages(placement, createSession(), patience))(
      { read: read('items', ['n']), format },
      catalog,
      caller,
    );

  // Taken in time: all of it.
  let lines = 0;
  for await (const part of await start()) lines += part.split('\n').length - 1;
  expect(lines).toBe(2_500);

  const untouched = await start(100);
  const begun = (await start(100))[Symbol.asyncIterator]();
  expect((await begun.next()).done).toBe(false);
  // The connection is free again though nobody has taken or ended anything.
  const { rows } = await pool.borrow((client) => client.query('select 1 as one'));
  expect(rows).toEqual([{ one: 1 }]);
  for (let turn = 0; ; turn++) {
    const { rows: open } = await database.admin.query(
      `select from pg_stat_activity where usename = 'rowhouse_gateway' and datname = current_database() and xact_start is not null`,
    );
    if (open.length === 0) break;
    if (turn === 500) throw new Error('a transaction stays open');
    await sleep(10);
  }
  const rest = async (parts: AsyncIterator<string>): Promise<void> => {
    while ((await parts.next()).done !== true);
  };
  await expect(rest(begun)).rejects.toMatchObject({ kind: 'statement_timeout' });
  await expect(rest(untouched[Symbol.asyncIterator]())).rejects.toMatchObject({
    kind: 'statement_timeout',
  });
});
