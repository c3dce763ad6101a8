/** Access lists in the database alone: a login role's and a gateway session's rows against the oracle, with stored verdicts or none. */
import fc from 'fast-check';
import format from 'pg-format';
import { beforeAll, expect, it } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { createTenantWith } from '../support/definer.ts';
import { createLogin } from '../support/logins.ts';
import { holds, type Lists, type OracleLevel, outcome } from '../support/oracle.ts';
import { principal, whoOf } from '../support/principal.ts';
import { bounded, someOf } from '../support/seeded.ts';
import { asGateway, rolledBack, withClient } from '../support/sql.ts';
import { column, draftOf, table } from '../unit/compile/samples.ts';

const names = ['ann', 'bob', 'Ann', 'org-1', 'writers', 'it\'s "x" {a,b} \\ %', 'é😀'];
const lists: fc.Arbitrary<Lists> = fc.record(
  {
    read: someOf(names),
    edit: someOf(names),
    full: someOf(names),
    delete: someOf(names),
    deny: fc.oneof(
      { weight: 3, arbitrary: fc.constant<string[]>([]) },
      { weight: 1, arbitrary: someOf(names) },
    ),
  },
  { noNullPrototype: true },
);
const population = fc.array(
  fc.oneof({ weight: 1, arbitrary: fc.constant<Lists>({}) }, { weight: 4, arbitrary: lists }),
  { minLength: 10, maxLength: 25 },
);
const caller = fc.record(
  {
    sub: fc.constantFrom(...names),
    roles: fc.subarray(names, { maxLength: 2 }),
    orgs: fc.subarray(names, { maxLength: 2 }),
    access: fc.constantFrom<OracleLevel>('deny', 'read', 'edit', 'full', 'root'),
  },
  { noNullPrototype: true },
);

let database: TestDatabase;
let tenant: string;
let schema: string;
let doc: string;
let counter = 0;

beforeAll(async () => {
  database = await createDatabase();
  tenant = database.slug('aclsql');
  schema = format.ident(`t_${tenant}`);
  doc = `${schema}.doc`;
  await createTenantWith(database, tenant, [
    draftOf(table('doc', [column('run', { base: 'bigint' })])),
  ]);
});

/** Rows with these lists; the superuser writes them, as no principal would be let to see all. */
async function populate(run: number, all: readonly Lists[]): Promise<readonly string[]> {
  const ids: string[] = [];
  const maker = principal(tenant, 'maker', { access: 'root', sudo: true });
  await asGateway(
    database,
    maker,
    async (client) => {
      for (const each of all) {
        const made = await client.query<{ id: string }>(
          `insert into ${doc} (run, _acl) values ($1, ${schema}._rowhouse_acl($2, $3, $4, $5, $6, '{}')) returning id`,
          [
            run,
            each.read ?? [],
            each.edit ?? [],
            each.full ?? [],
            each.delete ?? [],
            each.deny ?? [],
          ],
        );
        ids.push(made.rows[0]?.id ?? '');
      }
    },
    { commit: true },
  );
  return ids;
}

it('rows seen, updated and deleted', async () => {
  await fc.assert(
    fc.asyncProperty(population, caller, fc.boolean(), async (all, of, stored) => {
      const run = ++counter;
      const person = principal(tenant, of.sub, of);
      const url = await createLogin(database, `p${run}`, person);
      // Verdicts stored before the newest lists are made must be completed, not believed to be all.
      if (stored)
        await withClient(url, (client) => client.query(`select ${schema}._rowhouse_extend()`));
      const ids = await populate(run, all);
      const which = (right: 'read' | 'update' | 'delete') =>
        ids.filter((_, at) => outcome(whoOf(person), all[at] ?? {}, right) === 'done').sort();

      await withClient(url, async (client) => {
        const ask = async (text: string): Promise<string[]> =>
          (await client.query<{ id: string }>(text, [run])).rows.map((row) => row.id).sort();
        expect(await ask(`select id from ${doc} where run = $1`), 'read').toEqual(which('read'));
        await rolledBack(client, async () => {
          const changed = await ask(`update ${doc} set run = run where run = $1 returning id`);
          expect(changed, 'update').toEqual(which('update'));
        });
        await rolledBack(client, async () => {
          const before = await ask(`select id from ${doc} where run = $1`);
          await client.query(`delete from ${doc} where run = $1`, [run]);
          const left = new Set(await ask(`select id from ${doc} where run = $1`));
          expect(
            before.filter((id) => !left.has(id)),
            'delete',
          ).toEqual(which('delete'));
        });
        await rolledBack(client, async () => {
          // Without a condition no right to read is asked for: the right to delete alone must not reach further.
          await client.query(`delete from ${doc}`);
          await client.query('reset role');
          const gone = await client.query<{ id: string }>(
            `set local rowhouse.show = 'trashed'; select id from ${doc} where run = ${run} and trashed_at is not null`,
          );
          const results = gone as unknown as { rows: { id: string }[] }[];
          const shown = (results[1]?.rows ?? []).map((row) => row.id).sort();
          expect(shown, 'delete without condition').toEqual(which('delete'));
        });
      });

      await asGateway(database, person, async (client) => {
        const seen = await client.query<{ id: string }>(`select id from ${doc} where run = $1`, [
          run,
        ]);
        expect(seen.rows.map((row) => row.id).sort(), 'gateway').toEqual(which('read'));
      });
      const sudo = principal(tenant, of.sub, { ...of, sudo: true });
      await asGateway(database, sudo, async (client) => {
        const seen = await client.query<{ id: string }>(`select id from ${doc} where run = $1`, [
          run,
        ]);
        expect(seen.rows.map((row) => row.id).sort(), 'sudo').toEqual([...ids].sort());
      });
    }),
    bounded(60, 30),
  );
}, 90_000);

it('the rights that access_of tells are those the oracle knows', async () => {
  await fc.assert(
    fc.asyncProperty(population, caller, async (all, of) => {
      const run = ++counter;
      const person = principal(tenant, of.sub, of);
      const ids = await populate(run, all);
      await asGateway(database, person, async (client) => {
        for (const [at, id] of ids.entries()) {
          const own = all[at] ?? {};
          const who = whoOf(person);
          if (!holds(who, own, 'read')) continue;
          const told = await client.query<{ may: object }>(
            `select ${schema}.access_of('doc', $1) -> 'may' as may`,
            [id],
          );
          expect(told.rows[0]?.may, JSON.stringify(own)).toEqual({
            read: true,
            edit: outcome(who, own, 'update') === 'done',
            delete: outcome(who, own, 'delete') === 'done',
            share: outcome(who, own, 'manage') === 'done',
          });
        }
      });
    }),
    bounded(20, 15),
  );
}, 60_000);
