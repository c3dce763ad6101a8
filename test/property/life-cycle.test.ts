/** Random lives of tables, datasources and apps: outcome, reach and foreign keys are always those of the oracle. */
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { ServiceError } from '../../control-plane/base/errors.ts';
import type { AppPart, LifeCycle } from '../../control-plane/model/app-definition.ts';
import type { Reference } from '../../control-plane/model/table.ts';
import { column, table } from '../dialects/taruvi/tables.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { createTenantWith, type Definer, openDefiner } from '../support/definer.ts';
import { LifeOracle } from '../support/oracle-life.ts';
import { principal } from '../support/principal.ts';
import { bounded } from '../support/seeded.ts';

let database: TestDatabase;
let definer: Definer;

/** A chain, a fork, a reference over the apps, one to itself. */
const layout = [
  ['one', 'default', 'a', []],
  ['one', 'default', 'b', ['a']],
  ['one', 'side', 'c', ['b', 'a']],
  ['two', 'default', 'd', ['c', 'd']],
  ['two', 'default', 'e', ['a']],
] as const;

const appOf = (name: string): string => layout.find((each) => each[2] === name)?.[0] ?? '';

function reference(from: string, to: string): Reference {
  return {
    name: `${from}_${to}`,
    columns: [`to_${to}`],
    target: { app: appOf(to), name: to },
    targetColumns: ['id'],
    onDelete: 'no action',
    onUpdate: 'no action',
  };
}

const drafts = layout.map(([app, datasource, name, targets]) =>
  table(
    name,
    targets.map((to) => column(`to_${to}`, 'integer')),
    { app, datasource, references: targets.map((to) => reference(name, to)) },
  ),
);

const parts: readonly AppPart[] = [
  { app: 'one' },
  { app: 'two' },
  { app: 'one', datasource: 'default' },
  { app: 'one', datasource: 'side' },
  ...layout.map(([app, , name]) => ({ app, table: name })),
];

const step: fc.Arbitrary<LifeCycle> = fc.record({
  kind: fc.oneof(
    { weight: 6, arbitrary: fc.constant('deactivate' as const) },
    { weight: 6, arbitrary: fc.constant('reactivate' as const) },
    { weight: 1, arbitrary: fc.constant('purge' as const) },
  ),
  part: fc.constantFrom(...parts),
  force: fc.boolean(),
});

beforeAll(async () => {
  database = await createDatabase();
  definer = openDefiner(database);
  database.onClose(() => definer.end());
}, 120_000);

async function outcome(tenant: string, definition: LifeCycle): Promise<string> {
  try {
    await definer.define(principal(tenant, 'root', { access: 'root' }), definition);
    return 'done';
  } catch (error) {
    if (error instanceof ServiceError) return error.kind;
    throw error;
  }
}

/** What Postgres has: tables with whether the tenant's role may read them, and foreign keys. */
async function found(tenant: string) {
  const schema = `t_${tenant}`;
  const { rows: tables } = await database.admin.query<{ name: string; open: boolean }>(
    `select relname as name, has_table_privilege($1, oid, 'select') as open from pg_class
     where relnamespace = to_regnamespace(quote_ident($1)) and relkind = 'r' and relname !~ '^_' order by 1`,
    [schema],
  );
  const { rows: links } = await database.admin.query<{ name: string }>(
    `select conname as name from pg_constraint
     where connamespace = to_regnamespace(quote_ident($1)) and contype = 'f' order by 1`,
    [schema],
  );
  return {
    tables: tables.map(({ name, open }) => `${name} ${open}`),
    links: links.map((l) => l.name),
  };
}

it('lives as the oracle says', async () => {
  let count = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), async (steps) => {
      count += 1;
      const tenant = database.slug(`life_${count}`);
      await createTenantWith(database, tenant, [], ['one', 'two']);
      const root = principal(tenant, 'root', { access: 'root' });
      const side = {
        slug: 'side',
        name: 'Side',
        provider: 'flat_table',
        description: '',
        config: {},
      } as const;
      await definer.define(root, { kind: 'create_datasource', app: 'one', datasource: side });
      for (const draft of drafts)
        await definer.define(root, { kind: 'create_table', table: draft });
      const oracle = new LifeOracle(layout);
      for (const definition of steps) {
        const wanted = oracle.run(definition);
        expect(await outcome(tenant, definition), JSON.stringify(definition)).toBe(wanted);
        expect(await found(tenant), JSON.stringify(definition)).toEqual({
          tables: oracle.tables.map(({ app, name, active }) => `${app}_${name} ${active}`).sort(),
          links: oracle.links
            .filter(({ standing }) => standing)
            .map(({ from, to }) => `${from}_${to}`)
            .sort(),
        });
      }
    }),
    bounded(12, 60),
  );
}, 120_000);
