/** Orders of a sorting type over objects are walked along an index over that very expression, in access mode lists too. */
import { beforeAll, expect, it } from 'vitest';
import { loadCatalog } from '../../control-plane/catalog/load.ts';
import { query } from '../../control-plane/dialects/data-svc/query.ts';
import { findTable } from '../../control-plane/model/catalog.ts';
import type { IndexRule } from '../../control-plane/model/table.ts';
import { plan } from '../../control-plane/plan/plan.ts';
import { startApp } from '../support/app.ts';
import { dataSvc } from '../support/data-svc.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { openDefiner } from '../support/definer.ts';
import { principal } from '../support/principal.ts';
import { asGateway } from '../support/sql.ts';

const pet = { app: 'default', name: 'pet' };

let database: TestDatabase;
let tenant: string;

beforeAll(async () => {
  database = await createDatabase();
  const app = await startApp(database);
  tenant = await app.createTenant('orders');
  const ann = dataSvc(app, principal(tenant, 'ann'));
  const objects = Array.from({ length: 5_000 }, (_, n) => ({
    id: `pet_${n}`,
    table: 'pet',
    data: {
      age: n % 2 === 0 ? n : String(n),
      name: `n${n}`,
      born: `20${10 + (n % 80)}-01-${10 + (n % 19)}`,
    },
    readers: ['any'],
  }));
  expect((await ann.send('PUT', 'objects/upsert', { objects })).status).toBe(200);
  // As a definition declares them; others are an operator's: an expression is declared without direction and collation.
  const definer = openDefiner(database);
  database.onClose(() => definer.end());
  const root = principal(tenant, 'root', { access: 'root', sudo: true });
  const declare = async (...indexes: readonly IndexRule[]): Promise<void> => {
    const found = findTable(await definer.catalog(tenant), pet);
    if (!found) throw new Error('no table of objects');
    const to = { ...found, indexes: [...(found.indexes ?? []), ...indexes] };
    await definer.define(root, { kind: 'change_table', from: pet, to });
  };
  const index = (name: string, expression: string) =>
    ({ name, method: 'btree', expression }) as const;
  await declare(index('by_age', `sort_number(data #> '{age}')`));
  // What is stored is read anew.
  await declare(index('by_born', `rowhouse.sort_time(data #> '{born}')`));
  await expect(declare(index('bad', `rowhouse.principal()`))).rejects.toThrow(/function/);
  await database.admin.query(`
    create index by_age_down on "t_${tenant}".pet (rowhouse.sort_number(data #> '{age}') desc nulls last, id);
    create index by_name on "t_${tenant}".pet (rowhouse.sort_text(data #> '{name}') collate "C", id)`);
  await database.admin.query(`vacuum analyze "t_${tenant}".pet`);
}, 120_000);

it.each([
  ['by_age', { field: 'age', sortingType: 'numeric' }],
  ['by_age_down', { field: 'data.age', sortingType: 'numeric', desc: true }],
  ['by_name', { field: 'name' }],
  ['by_born', { field: 'born', sortingType: 'date' }],
])('%s', async (index, orderBy) => {
  const catalog = await loadCatalog(database.admin, tenant);
  const bob = principal(tenant, 'bob');
  const body = { table: 'pet', query: { orderBys: [orderBy], limit: 20 } };
  const request = { method: 'POST', params: {}, query: new Map(), headers: {}, body, id: 'test' };
  const action = query(request, { principal: bob, catalog, limits: { rows: 10_000 } });
  const [statement] = action.kind === 'statements' ? action.statements : [];
  if (statement === undefined || typeof statement === 'function') throw new Error('no statement');
  const { query: planned } = plan(statement, catalog);
  const text = await asGateway(database, bob, async (client) => {
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(
      `explain (costs off) ${planned.text}`,
      [...planned.values],
    );
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  });
  expect(text).toMatch(new RegExp(`Index Scan using ${index} on pet`));
});
