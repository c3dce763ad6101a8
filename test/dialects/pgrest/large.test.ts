/** Changes of tables that are too large for one long lock: the same answers, in phases, and readers and writers go on. */
import { beforeAll, describe, expect, it } from 'vitest';
import { startApp } from '../../support/app.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { type Pgrest, pgrest } from '../../support/pgrest.ts';
import { principal } from '../../support/principal.ts';

let database: TestDatabase;
let admin: Pgrest;
let id: number;

beforeAll(async () => {
  database = await createDatabase();
  const app = await startApp(database);
  const tenant = await app.createTenant('large');
  admin = pgrest(app, principal(tenant, 'ada', { roles: ['PGREST_ADMIN'] }));
  id = await admin.table({
    table_name: 'many',
    columns: { n: { data_type: 'integer', null: false }, word: { data_type: 'text' } },
  });
  for (const from of [0, 6_000]) {
    const data = Array.from({ length: 6_000 }, (_, at) => ({ n: from + at, word: `w${at}` }));
    await admin.call('POST', '/data/many', { data });
  }
});

/** Reads and writes rows until the change is answered; every one of them must be served. */
async function meanwhile(body: object): Promise<unknown> {
  let over = false;
  const traffic = async (): Promise<number> => {
    let served = 0;
    for (; !over; served++) {
      await admin.rows('/data/many?limit=5&n.gt=100');
      await admin.call('PUT', `/data/many/${1 + (served % 50)}`, { data: { word: `x${served}` } });
    }
    return served;
  };
  const busy = traffic();
  const { message } = await admin.call('PUT', `/manage/tables/${id}`, body).finally(() => {
    over = true;
  });
  expect(await busy).toBeGreaterThan(0);
  return message;
}

describe('a table of 12,000 rows', () => {
  it('takes a column with a default, another type, and gives a column up', async () => {
    expect(
      await meanwhile({
        add_column: { flag: { data_type: 'boolean', null: false, default: true } },
      }),
    ).toContain('Table put successfully.');
    expect(await admin.rows('/data/many?limit=1&flag.eq=true&n.eq=11999')).toMatchObject([
      { n: 11_999, flag: true },
    ]);
    await meanwhile({ column_type: 'n, text' });
    expect(await admin.rows('/data/many?n.eq=11999')).toMatchObject([{ n: '11999' }]);
    await meanwhile({ drop_column: 'flag' });
    expect(Object.keys((await admin.rows('/data/many?limit=1'))[0] ?? {})).not.toContain('flag');
  });

  it('is left as it was by a change that its rows refuse', async () => {
    const before = await admin.call('GET', `/manage/tables/${id}`);
    await admin.refused(400, 'PUT', `/manage/tables/${id}`, { column_type: 'word, integer' });
    const unique = { add_column: { one: { data_type: 'integer', null: false } } };
    await admin.refused(400, 'PUT', `/manage/tables/${id}`, unique);
    expect((await admin.call('GET', `/manage/tables/${id}`)).result).toEqual(before.result);
    expect(await admin.rows('/data/many?word.eq=w5999&limit=1')).toHaveLength(1);
  });
});
