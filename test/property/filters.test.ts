/** Random filters over the hostile rows: find answers exactly the rows for which the oracle finds the filter true. */
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { columnsOf, oracleRow, rows, seedCorpus, tables } from '../support/corpus.ts';
import { createDatabase } from '../support/database.ts';
import { filter } from '../support/filters.ts';
import { matches } from '../support/oracle-filter.ts';
import { principal } from '../support/principal.ts';
import { bounded } from '../support/seeded.ts';

const [table] = tables;
if (table === undefined) throw new Error('the corpus lost its table');
const columns = columnsOf(table);

let app: TestApp;
let tenant: string;

beforeAll(async () => {
  const database = await createDatabase();
  app = await startApp(database);
  tenant = await app.createTenant('filters');
  await seedCorpus(app, tenant);
});

it('random filters', async () => {
  const all = principal(tenant, 'all-seeing', { access: 'root', sudo: true });
  await fc.assert(
    fc.asyncProperty(filter, async (where) => {
      const want = rows
        .filter((row) => matches(where, oracleRow(row), columns))
        .map((row) => row.id);
      const reply = await app.request('POST', '/api/find/order', {
        as: all,
        body: { where, select: ['id'] },
      });
      expect(reply.status, `${JSON.stringify(where)}\n${reply.text.slice(0, 500)}`).toBe(200);
      const got = (reply.body as { data: { id: string }[] }).data.map((row) => row.id).sort();
      expect(got, JSON.stringify(where)).toEqual(want);
    }),
    bounded(1500, 25),
  );
}, 60_000);
