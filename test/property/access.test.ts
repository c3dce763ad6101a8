/** Random access lists against random callers: the oracle, REST and plain SQL of a login role agree on every row and right. */
import fc from 'fast-check';
import format from 'pg-format';
import { beforeAll, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { createLogin } from '../support/logins.ts';
import { accessKeys, monk } from '../support/monk.ts';
import {
  holds,
  type Lists,
  mayCreate,
  type OracleLevel,
  type OracleRight,
  outcome,
} from '../support/oracle.ts';
import { inParallel } from '../support/parallel.ts';
import { principal, whoOf } from '../support/principal.ts';
import { bounded, someOf } from '../support/seeded.ts';
import { attempt, rolledBack, withClient } from '../support/sql.ts';

const names = ['ann', 'bob', 'Ann', 'org-1', 'writers', 'it\'s "x" {a,b} \\ %', 'é😀'];
const statuses = { done: 200, forbidden: 403, 'not found': 404 } as const;

const lists: fc.Arbitrary<Lists> = fc.record(
  {
    read: someOf(names),
    edit: someOf(names),
    full: someOf(names),
    delete: fc.oneof(
      { weight: 4, arbitrary: fc.constant<string[]>([]) },
      { weight: 1, arbitrary: someOf(names) },
    ),
    deny: fc.oneof(
      { weight: 3, arbitrary: fc.constant<string[]>([]) },
      { weight: 1, arbitrary: someOf(names) },
    ),
  },
  { noNullPrototype: true },
);

/** A third of the rows has no list at all: there the level decides. */
const population = fc.array(
  fc.oneof({ weight: 1, arbitrary: fc.constant<Lists>({}) }, { weight: 2, arbitrary: lists }),
  { minLength: 6, maxLength: 10 },
);

const caller = fc.record(
  {
    sub: fc.constantFrom(...names),
    roles: fc.subarray(names, { maxLength: 2 }),
    orgs: fc.subarray(names, { maxLength: 2 }),
    access: fc.constantFrom<OracleLevel>('deny', 'read', 'edit', 'full', 'root'),
    sudo: fc.oneof(
      { weight: 4, arbitrary: fc.constant(false) },
      { weight: 1, arbitrary: fc.constant(true) },
    ),
  },
  { noNullPrototype: true },
);

let database: TestDatabase;
let app: TestApp;
let tenant: string;
let counter = 0;

beforeAll(async () => {
  database = await createDatabase();
  app = await startApp(database);
  tenant = await app.createTenant('acl');
  const root = monk(app, principal(tenant, 'maker', { access: 'root', sudo: true }));
  await root.define('doc', {
    status: 'active',
    columns: [
      { column_name: 'run', type: 'integer' },
      { column_name: 'note', type: 'text' },
    ],
  });
});

async function populate(run: number, all: readonly Lists[]): Promise<readonly string[]> {
  const root = monk(app, principal(tenant, 'maker', { access: 'root', sudo: true }));
  const made = await root.create(
    'doc',
    all.map((each) => ({ run, note: 'old', ...accessKeys({ ...each }) })),
  );
  return made.map((row) => row.id);
}

/** What the oracle says of each row, as one line a reader can compare. */
function table(
  all: readonly Lists[],
  right: OracleRight,
  who: Parameters<typeof outcome>[0],
): string[] {
  return all.map((each) => `${outcome(who, each, right)} ${JSON.stringify(each)}`);
}

it('read, update, manage and delete', async () => {
  await fc.assert(
    fc.asyncProperty(population, caller, async (all, of) => {
      const run = ++counter;
      const ids = await populate(run, all);
      const person = principal(tenant, of.sub, of);
      const who = whoOf(person);
      const own = monk(app, person);
      const readable = ids.filter((_, at) => holds(who, all[at] ?? {}, 'read')).sort();

      expect(await own.ids('doc', { run }), 'REST reads').toEqual(readable);
      const counted = await own.send('POST', '/api/aggregate/doc', {
        aggregate: { n: { $count: '*' } },
        where: { run },
      });
      expect((counted.body as { data: unknown }).data, 'REST counts').toEqual([
        { n: readable.length },
      ]);

      const rest = async (
        right: OracleRight,
        work: (id: string) => Promise<{ status: number }>,
      ) => {
        const got: string[] = [];
        await inParallel(ids, async (id, at) => {
          const { status } = await work(id);
          const said = Object.entries(statuses).find(([, code]) => code === status)?.[0] ?? status;
          got[at] = `${said} ${JSON.stringify(all[at])}`;
        });
        expect(got, `REST ${right}`).toEqual(table(all, right, who));
      };
      await rest('read', (id) => own.send('GET', `/api/data/doc/${id}`));
      if (!of.sudo) await compareSql(ids, all, person, run, readable);
      await rest('update', (id) => own.send('PUT', `/api/data/doc/${id}`, { note: 'new' }));

      // By predicate: those that may be changed are, the others are only counted.
      const updatable = ids.filter(
        (_, at) => outcome(who, all[at] ?? {}, 'update') === 'done',
      ).length;
      const swept = await own.send(
        'PUT',
        `/api/data/doc?where=${encodeURIComponent(JSON.stringify({ run }))}`,
        { note: 'swept' },
      );
      expect((swept.body as { data: unknown }).data, 'REST update by predicate').toEqual({
        updated: updatable,
        matched: readable.length,
      });

      await rest('delete', (id) => own.send('DELETE', `/api/data/doc/${id}`));
      const kept = await database.admin.query<{ id: string; note: string; gone: boolean }>(
        format(
          'select id, note, trashed_at is not null as gone from %I.doc where run = $1',
          `t_${tenant}`,
        ),
        [run],
      );
      const state = new Map(kept.rows.map((row) => [row.id, row]));
      for (const [at, id] of ids.entries()) {
        const label = JSON.stringify(all[at]);
        expect(state.get(id)?.note, label).toBe(
          outcome(who, all[at] ?? {}, 'update') === 'done' ? 'swept' : 'old',
        );
        expect(state.get(id)?.gone, label).toBe(outcome(who, all[at] ?? {}, 'delete') === 'done');
      }
    }),
    bounded(40, 40),
  );
}, 120_000);

/** The same as a login role: rows seen, and for each row whether one UPDATE or DELETE takes it. */
async function compareSql(
  ids: readonly string[],
  all: readonly Lists[],
  person: ReturnType<typeof principal>,
  run: number,
  readable: readonly string[],
): Promise<void> {
  const url = await createLogin(database, `p${run}`, person);
  const doc = format('%I.doc', `t_${tenant}`);
  await withClient(url, async (client) => {
    const seen = await client.query<{ id: string }>(`select id from ${doc} where run = $1`, [run]);
    expect(seen.rows.map((row) => row.id).sort(), 'SQL reads').toEqual(readable);
    for (const right of ['update', 'delete'] as const) {
      const text =
        right === 'update'
          ? `update ${doc} set note = 'x' where id = $1`
          : `delete from ${doc} where id = $1`;
      const got: boolean[] = [];
      for (const id of ids) {
        await rolledBack(client, async () => {
          const result = await attempt(client, text, [id]);
          if (!result.ok) throw new Error(`${text}: ${result.code} ${result.message}`);
          // A delete here is a mark made by trigger: the command counts no row, the row itself tells.
          const left = await client.query(
            `select 1 from ${doc} where id = $1 and trashed_at is null`,
            [id],
          );
          got.push(
            right === 'update' ? result.count === 1 : readable.includes(id) && left.rowCount === 0,
          );
        });
      }
      const want = all.map((each) => outcome(whoOf(person), each, right) === 'done');
      expect(got, `SQL ${right} of ${JSON.stringify(all)}`).toEqual(want);
    }
  });
}

it('managing lists', async () => {
  await fc.assert(
    fc.asyncProperty(population, caller, lists, async (all, of, next) => {
      const ids = await populate(++counter, all);
      const person = principal(tenant, of.sub, of);
      const own = monk(app, person);
      const got: string[] = [];
      await inParallel(ids, async (id, at) => {
        const { status } = await own.send('PUT', `/api/acls/doc/${id}`, accessKeys({ ...next }));
        const said = Object.entries(statuses).find(([, code]) => code === status)?.[0] ?? status;
        got[at] = `${said} ${JSON.stringify(all[at])}`;
      });
      expect(got).toEqual(table(all, 'manage', whoOf(person)));
    }),
    bounded(25, 20),
  );
}, 60_000);

it('creating, and losing sight of what was created', async () => {
  await fc.assert(
    fc.asyncProperty(caller, lists, async (of, own) => {
      const person = principal(tenant, of.sub, of);
      const reply = await app.request('POST', '/api/data/doc', {
        as: person,
        body: { note: 'made', ...accessKeys({ ...own }) },
      });
      expect(reply.status, reply.text).toBe(mayCreate(whoOf(person)) ? 200 : 403);
      if (reply.status !== 200) return;
      const { id, note } = (reply.body as { data: { id: string; note: string } }).data;
      expect(note).toBe('made');
      const again = await app.request('GET', `/api/data/doc/${id}`, { as: person });
      expect(again.status).toBe(holds(whoOf(person), own, 'read') ? 200 : 404);
    }),
    bounded(40, 15),
  );
}, 60_000);
