/** Conditions that an index can answer are answered by it, under the row policies too. */
import { beforeAll, describe, expect, it } from 'vitest';
import { loadCatalog } from '../../control-plane/catalog/load.ts';
import { parseFilters } from '../../control-plane/dialects/taruvi/filter.ts';
import { parseSearch } from '../../control-plane/dialects/taruvi/search.ts';
import { type Catalog, findTable } from '../../control-plane/model/catalog.ts';
import { plan } from '../../control-plane/plan/plan.ts';
import { column, table } from '../dialects/taruvi/tables.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { createTenantWith } from '../support/definer.ts';
import { principal } from '../support/principal.ts';
import { asGateway } from '../support/sql.ts';

const modes = ['policy', 'acl', 'grants'] as const;

let database: TestDatabase;
let tenant: string;
let catalog: Catalog;

beforeAll(async () => {
  database = await createDatabase();
  tenant = database.slug('indexes');
  const columns = [
    column('code', 'text', { indexed: true }),
    column('price', 'numeric', { indexed: true }),
    column('doc', 'jsonb', { indexed: true }),
    column('tags', 'text', { indexed: true, type: { base: 'text', array: true } }),
    column('title', 'text'),
    column('body', 'text'),
  ];
  const search = {
    language: 'english',
    fields: [
      { column: 'title', weight: 'A' },
      { column: 'body', weight: 'B' },
    ],
  } as const;
  await createTenantWith(
    database,
    tenant,
    modes.map((access) =>
      table(`of_${access}`, columns, { access, search, features: { acl: access === 'acl' } }),
    ),
  );
  catalog = await loadCatalog(database.admin, tenant);
  for (const access of modes) {
    const name = `"t_${tenant}".of_${access}`;
    await database.admin.query(
      `insert into ${name} (code, price, doc, tags, title, body)
       select 'c' || n, n, jsonb_build_object('a', jsonb_build_object('b', n), 'list', jsonb_build_array('x' || n, n)),
         array['t' || n, 'all'], 'word' || n, 'some text of row ' || n
       from generate_series(1, 20000) as n`,
    );
    // Entries not yet merged into an inverted index count against it.
    await database.admin.query(`vacuum analyze ${name}`);
  }
}, 120_000);

/** The nodes of the plan under the caller's policies, one a line. */
async function explained(access: string, text: string): Promise<string> {
  const found = findTable(catalog, { app: 'default', name: `of_${access}` });
  if (!found) throw new Error(`no table of_${access}`);
  const query = new Map([...new URLSearchParams(text)].map(([key, value]) => [key, [value]]));
  const search = parseSearch(query, found);
  const where = search?.where ?? parseFilters(query, found, catalog);
  const planned = plan(
    {
      kind: 'read',
      table: found,
      ...(where ? { where } : {}),
      output: {
        items: [{ kind: 'column', name: 'id' }],
        format: { numbers: 'plain', times: 'trimmed' },
      },
      order: search?.order ?? [],
      limit: 20,
      total: true,
      show: 'live',
      cap: 1000,
    },
    catalog,
  );
  const who = principal(tenant, 'root', { access: 'root', roles: ['PGREST_READ'] });
  return await asGateway(database, who, async (client) => {
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(
      `explain (costs off) ${planned.query.text}`,
      [...planned.query.values],
    );
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  });
}

describe.each(modes)('in access mode %s', (access) => {
  it.each([
    ['code=c5', 'idx'],
    ['code__in=c5,c6,c7', 'idx'],
    ['price=5', 'idx'],
    ['price__between=5,7', 'idx'],
    ['doc.a.b=5', 'idx'],
    ['doc.a.b__in=5,6', 'idx'],
    ['doc.list__acontains=x5', 'idx'],
    ['doc.list__aelement=x5', 'idx'],
    ['tags__acontains=t5', 'idx'],
    ['tags__aoverlap=t5,t6', 'idx'],
    ['tags__aelement=t5', 'idx'],
    ['search=word5', '_search_idx'],
    ['search="text of row 5"', '_search_idx'],
    ['search_vector__search=word5', '_search_idx'],
    ['title__search=word5', '_search_idx'],
  ])('%s', async (text, index) => {
    const nodes = await explained(access, text);
    expect(nodes).toMatch(new RegExp(`Index (Only )?Scan (using|on) "?\\S*${index}`));
    expect(nodes).not.toContain('Seq Scan on of_');
  });
});
