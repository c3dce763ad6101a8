/** Random writes as random callers, by REST to one table and by SQL of the login role to its twin: the same is done, the same is left. */
import fc from 'fast-check';
import format from 'pg-format';
import { beforeAll, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { createLogins, type Logins } from '../support/logins.ts';
import { principal } from '../support/principal.ts';
import { enoughFor, forSeconds } from '../support/seeded.ts';
import { attempt } from '../support/sql.ts';
import { type Deeds, type Query, type Send, twins, type Values } from '../support/twins.ts';

const seconds = Number(process.env['FUZZ_SECONDS'] ?? 3);

/** Done, or refused: for lack of a right, or as a fault of the request. */
type Outcome = 'done' | 'denied' | 'faulty';

let database: TestDatabase;
let app: TestApp;
let tenant: string;
let logins: Logins;

const people = {
  root: { access: 'root', roles: ['PGREST_ADMIN'] },
  ann: { access: 'edit', roles: ['PGREST_WRITE', 'writers'] },
  bob: { access: 'edit', roles: ['PGREST_READ'] },
  rita: { access: 'read', roles: ['PGREST_WRITE'] },
  dan: { access: 'deny', roles: [] },
} as const;
type Name = keyof typeof people;
const names = Object.keys(people) as Name[];

const as = (name: Name) => principal(tenant, name, people[name]);

beforeAll(async () => {
  database = await createDatabase();
  app = await startApp(database);
  tenant = await app.createTenant('twins');
  const make = async (path: string, body: unknown): Promise<void> => {
    const reply = await app.request('POST', path, { as: as('root'), body });
    expect(reply.status, `${path}: ${reply.text}`).toBeLessThan(300);
  };
  for (const end of ['', '_sql']) {
    await make(`/api/describe/notes${end}`, {
      status: 'active',
      columns: [
        { column_name: 'title', type: 'text', required: true },
        { column_name: 'n', type: 'integer', maximum: 1000 },
      ],
    });
    await make('/v3/pgrest/manage/tables', {
      table_name: `pets${end}`,
      columns: { title: { data_type: 'text', null: false }, n: { data_type: 'integer' } },
    });
    await make('/api/apps/default/datatables/', {
      name: `flat${end}`,
      json_schema: {
        fields: [
          { name: 'id', type: 'integer' },
          { name: 'title', type: 'string', constraints: { required: true } },
          { name: 'n', type: 'integer', constraints: { maximum: 1000 } },
        ],
        primaryKey: 'id',
      },
    });
    const rule = (actions: readonly string[], expr: string) => ({
      actions,
      effect: 'EFFECT_ALLOW',
      roles: ['*'],
      condition: { match: { expr } },
    });
    await make('/api/apps/default/policies/', {
      apiVersion: 'api.cerbos.dev/v1',
      resourcePolicy: {
        resource: `datatable:flat${end}`,
        version: 'default',
        rules: [
          rule(['read'], "R.attr.n < 500 || P.id == 'root'"),
          rule(['create'], "P.id != 'dan' && R.attr.n > -500"),
          rule(['update'], "'writers' in P.roles && R.attr.n < 100"),
          rule(['delete'], "'writers' in P.roles && R.attr.n % 2 == 0"),
        ],
      },
    });
    await make('/data-svc/object', { object: { table: `things${end}`, id: `things${end}_0` } });
  }
  logins = await createLogins(
    database,
    names.map((name) => [name, as(name)] as const),
  );
});

const values: fc.Arbitrary<Values> = fc.record({
  title: fc.oneof(
    {
      weight: 6,
      arbitrary: fc.constantFrom(
        'a',
        'é😀',
        "it's",
        '',
        '%',
        '\\',
        "'; drop table notes; --",
        '{"a":1}',
        '\u202e',
      ),
    },
    { weight: 1, arbitrary: fc.constantFrom('a\u0000b', null) },
  ),
  n: fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: -20, max: 120 }) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(-501, 499, 500, 1000, 1001, 2 ** 31, -(2 ** 31), 2 ** 53 - 1),
    },
  ),
});
const someone = fc.subarray(['root', 'ann', 'bob', 'rita', 'dan', 'writers'], { maxLength: 3 });
const step = fc.record({
  deed: fc.constantFrom(
    'create',
    'create',
    'create',
    'change',
    'change',
    'changeBelow',
    'remove',
    'removeBelow',
  ),
  who: fc.constantFrom(...names),
  target: fc.nat({ max: 15 }),
  values,
  lists: fc.record({ read: someone, edit: someone }, { noNullPrototype: true }),
  border: fc.integer({ min: -20, max: 60 }),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function byRest({ method, path, body }: Send, who: Name): Promise<Outcome> {
  const sent = body === undefined ? {} : { body };
  const reply = await app.request(method, path, { as: as(who), ...sent });
  if (reply.status < 300) return 'done';
  expect([400, 403, 404, 409], `${method} ${path}: ${reply.text}`).toContain(reply.status);
  // PgREST calls a row that is not there a fault of the request.
  const missing = reply.status === 400 && reply.text.includes('row_not_found');
  return reply.status === 403 || reply.status === 404 || missing ? 'denied' : 'faulty';
}

/** `none`: no row was meant, or none that the caller may touch. */
async function bySql({ text, values: given }: Query, who: Name): Promise<Outcome | 'none'> {
  const result = await attempt(logins.client(who), text, given);
  if (result.ok) return result.count === 0 ? 'none' : 'done';
  return ['42501', 'RH303', 'RH402'].includes(result.code) ? 'denied' : 'faulty';
}

/** The step as one side says it, or undefined where it has no words for it. */
function said<T>(deeds: Deeds<T>, step: Step, id: number): T | undefined {
  const { deed, values: sent, lists, border } = step;
  switch (deed) {
    case 'create':
      return deeds.create(id, sent, lists);
    case 'change':
      return deeds.change(id, sent);
    case 'changeBelow':
      return deeds.changeBelow?.(border, 'swept');
    case 'remove':
      return deeds.remove(id);
    case 'removeBelow':
      return deeds.removeBelow?.(border);
  }
}

/** A table that numbers its rows counts refused ones too, each side on its own: there rows are told apart by their order. */
async function keyIn(table: string, id: number): Promise<number> {
  if (!table.startsWith('pets')) return id;
  const { rows } = await database.admin.query<{ key: number }>(
    format(
      'select %I as key from %I.%I order by 1 offset $1 limit 1',
      `${table}_id`,
      `t_${tenant}`,
      table,
    ),
    [id % 7],
  );
  return rows[0]?.key ?? 0;
}

/** All that is in a table, whoever may see it. */
async function contents(table: string): Promise<readonly string[]> {
  const own = `{created_at,updated_at,trashed_at,deleted_at,created_by,updated_by,_acl,_xact,pets_id,pets_sql_id}`;
  const schema = format.ident(`t_${tenant}`);
  const lists = /^(notes|things)/.test(table)
    ? `, (select to_jsonb(a) - 'id' from ${schema}._rowhouse_acls as a where a.id = t._acl)`
    : '';
  const trashed = table.startsWith('notes') ? `, trashed_at is not null` : '';
  const { rows } = await database.admin.query<{ line: string }>(
    `select jsonb_build_array(to_jsonb(t) - '${own}'::text[]${lists}${trashed})::text as line
     from ${schema}.${format.ident(table)} as t order by 1`,
  );
  // There the id of a row begins with the name of its table.
  return rows.map(({ line }) => line.replace('"things_sql_', '"things_'));
}

it.each(Object.entries(twins))(
  '%s',
  async (table, { rest, sql }) => {
    let from = 1000;
    let done = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 4, maxLength: 16 }),
        forSeconds(seconds, 5, async (steps) => {
          // Rows of other runs are not meant.
          from += 100;
          for (const [at, each] of steps.entries()) {
            const id = from + (each.deed === 'create' ? at : each.target % (at + 1));
            const [own, twin] = [await keyIn(table, id), await keyIn(`${table}_sql`, id)];
            const [send, query] = [said(rest, each, own), said(sql, each, twin)];
            if (send === undefined || query === undefined) continue;
            const label = `${table}: ${JSON.stringify(each)}`;
            const [left, right] = [await byRest(send, each.who), await bySql(query, each.who)];
            if (left === 'done') done += 1;
            // Where values fit no row either refusal may come first; SQL that touches no row is no refusal at all.
            if (right !== 'none') {
              const agreed = (left === 'done') === (right === 'done');
              expect(agreed, `${label}: REST ${left}, SQL ${right}`).toBe(true);
            }
            expect(await contents(table), label).toEqual(await contents(`${table}_sql`));
          }
        }),
      ),
      enoughFor(seconds),
    );
    expect(done).toBeGreaterThan(3);
  },
  60_000 + seconds * 2_000,
);
