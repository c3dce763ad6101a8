/** Policies in the database: a login's and a request's verdicts on every row and action, against a decision in plain TypeScript. */
import fc from 'fast-check';
import type pg from 'pg';
import format from 'pg-format';
import { beforeAll, describe, expect, it } from 'vitest';
import { literal, sql, toText } from '../../control-plane/base/sql.ts';
import type { Principal } from '../../control-plane/model/principal.ts';
import { compileCondition } from '../../control-plane/policy/cel/compile.ts';
import type { Caller } from '../../control-plane/policy/cel/scope.ts';
import { holds, most } from '../../control-plane/policy/cel/value.ts';
import { bare, tableScope } from '../../control-plane/policy/resource.ts';
import { names as namesOf } from '../../control-plane/policy/standing.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { createTenantWith, type Definer, openDefiner } from '../support/definer.ts';
import { createLogins, type Logins } from '../support/logins.ts';
import {
  type CelValue,
  celHolds,
  type OracleCaller,
  type OracleRow,
  oracleAllows,
} from '../support/oracle-policy.ts';
import { expressions, type PolicySet, partsApart, policySets } from '../support/policies.ts';
import { principal } from '../support/principal.ts';
import { bounded } from '../support/seeded.ts';
import { asGateway } from '../support/sql.ts';
import { column, draftOf, plainTable } from '../unit/compile/samples.ts';

let database: TestDatabase;
let tenant: string;
let posts: string;
let definer: Definer;
let maker: Principal;
let callers: readonly (readonly [Principal, OracleCaller])[];
let logins: Logins;

const columns = [
  column('owner'),
  column('title'),
  column('ref', { base: 'uuid' }),
  column('n', { base: 'integer' }),
  column('big', { base: 'bigint' }),
  column('price', { base: 'numeric' }),
  column('ok', { base: 'boolean' }),
  column('at', { base: 'timestamptz' }),
  column('stamp'),
  column('tags', { base: 'text', array: true }),
  column('meta', { base: 'jsonb' }),
];

const uuids = ['00000000-0000-0000-0000-00000000000a', '00000000-0000-0000-0000-00000000000b'];

/** Rows as the evaluator sees them. Whole numbers that JSON holds are doubles to it. */
const rows: readonly OracleRow[] = [
  {
    owner: 'ann',
    title: 'alpha',
    ref: uuids[0],
    n: 1n,
    big: 9223372036854775807n,
    price: 2.5,
    ok: true,
    at: '2026-01-01T00:00:00Z',
    stamp: '2025-12-30T12:00:00Z',
    tags: ['ann', 'red'],
    meta: { a: 1, b: 'ann', l: ['ann', 2] },
  },
  {
    owner: 'bob',
    title: 'bobb 42',
    ref: uuids[1],
    n: -7n,
    big: 0n,
    price: -0.5,
    ok: false,
    at: '2025-06-30T12:00:00Z',
    stamp: 'not a time',
    tags: [],
    meta: { a: 'x', b: null, l: ['sales', 'é😀'] },
  },
  {
    owner: null,
    title: null,
    ref: null,
    n: null,
    big: null,
    price: null,
    ok: null,
    at: null,
    stamp: null,
    tags: null,
    meta: null,
  },
  {
    owner: '',
    title: 'é😀',
    ref: uuids[0],
    n: 0n,
    big: -9223372036854775807n,
    price: 0,
    ok: true,
    at: '2026-03-01T00:00:00.5Z',
    stamp: '2024-02-29T00:00:00Z',
    tags: ['sales', ''],
    meta: { a: null, b: 'sales', l: null },
  },
  {
    owner: 'sales',
    title: 'ab\nbc',
    ref: uuids[1],
    n: 2147483647n,
    big: 3n,
    price: 100,
    ok: false,
    at: '2026-01-01T00:00:00Z',
    stamp: '2026-01-02T12:00:00+02:00',
    tags: ['x'],
    meta: { a: -7.5, b: 'é😀', l: [] },
  },
].map((attr, at) => ({
  id: `00000000-0000-0000-0000-0000000000${at + 10}`,
  attr: { ...attr, at: attr.at === null ? null : new Date(attr.at) } as OracleRow['attr'],
}));

beforeAll(async () => {
  database = await createDatabase();
  tenant = database.slug('policies');
  posts = `${format.ident(`t_${tenant}`)}.posts`;
  await createTenantWith(database, tenant, [
    draftOf(plainTable('posts', columns, { access: 'policy' })),
  ]);
  definer = openDefiner(database);
  database.onClose(() => definer.end());
  maker = principal(tenant, 'maker', { access: 'root' });
  for (const row of rows) await insert(database.admin, row);
  const facts = [
    ['ann', ['editor'], { dept: 'sales', level: 3, teams: ['red', 'ann'], staff: true }],
    ['bob', ['viewer', 'guest'], { dept: 'ann', level: -7.5, teams: [], staff: false }],
    ['cid', [], {}],
    ['dan', ['guest', 'chief'], { dept: 'é😀', level: 1, teams: ['sales'], staff: true }],
  ] as const;
  callers = [
    ...facts.map(([sub, roles, attributes]) => pair(sub, roles, attributes, false)),
    pair('eve', [], { dept: 'sales' }, true),
  ];
  logins = await createLogins(
    database,
    callers.map(([person]) => [person.sub, person] as const),
  );
});

function pair(
  sub: string,
  roles: readonly string[],
  attributes: OracleCaller['attr'],
  administers: boolean,
): readonly [Principal, OracleCaller] {
  const access = administers ? 'root' : 'read';
  const person = principal(tenant, sub, { roles, access, attributes: attributes as never });
  return [person, { id: sub, roles, attr: attributes, administers }];
}

const names = ['id', ...columns.map(({ name }) => name)];

function valuesOf({ id, attr }: OracleRow): unknown[] {
  return names.map((name) => {
    const value = name === 'id' ? id : attr[name];
    if (typeof value === 'bigint') return String(value);
    return name === 'meta' && value !== null ? JSON.stringify(value) : value;
  });
}

async function insert(client: Pick<pg.Client, 'query'>, row: OracleRow): Promise<void> {
  const places = names.map((_, at) => `$${at + 1}`).join(', ');
  await client.query(
    `insert into ${posts} (${names.map((name) => format.ident(name)).join(', ')}) values (${places})`,
    valuesOf(row),
  );
}

/** What each verb does to each row: by id for reading, updating and deleting, as a new row for creating. */
async function verdicts(client: pg.Client): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const visible = await client.query<{ id: string }>(`select id from ${posts}`);
  const seen = new Set(visible.rows.map(({ id }) => id));
  for (const row of rows) {
    const fresh = { ...row, id: row.id.replace(/^0/, '1') };
    const outcomes: string[] = [seen.has(row.id) ? 'read' : ''];
    for (const [name, work] of [
      ['create', () => insert(client, fresh)],
      [
        'update',
        () =>
          client.query(`update ${posts} set stamp = stamp where id = $1 returning id`, [row.id]),
      ],
      ['delete', () => client.query(`delete from ${posts} where id = $1 returning id`, [row.id])],
    ] as const) {
      await client.query('savepoint verb');
      let done: boolean;
      try {
        const result = await work();
        done = result === undefined || result.rowCount === 1;
      } catch (error) {
        if ((error as { code?: string }).code !== '42501') throw error;
        done = false;
      }
      await client.query('rollback to savepoint verb');
      outcomes.push(done ? name : '');
    }
    found[row.id] = outcomes.filter((each) => each !== '').join(' ');
  }
  return found;
}

/** The same by the oracle. A row must be readable to be named in a condition. */
function expected(
  { policies, expressions }: PolicySet,
  caller: OracleCaller,
): Record<string, string> {
  const allows = (action: string, row: OracleRow): boolean =>
    oracleAllows(action, 'datatable:posts', policies, caller, judged(row), expressions);
  return Object.fromEntries(
    rows.map((row) => {
      const fresh = { ...row, id: row.id.replace(/^0/, '1') };
      const read = allows('read', row);
      const done = [
        read ? 'read' : '',
        allows('create', fresh) ? 'create' : '',
        read && allows('update', row) ? 'update' : '',
        read && allows('delete', row) ? 'delete' : '',
      ];
      return [row.id, done.filter((each) => each !== '').join(' ')];
    }),
  );
}

/** Parts of the JSON column beside it: those of a null are null, for which the evaluator has an error. */
function judged({ id, attr }: OracleRow): OracleRow {
  const parts = attr['meta'] as Readonly<Record<string, CelValue>> | null;
  const { a = null, b = null, l = null } = parts ?? {};
  return { id, attr: { ...attr, meta_a: a, meta_b: b, meta_l: l } };
}

async function define({ policies }: PolicySet): Promise<void> {
  for (const policy of policies) await definer.define(maker, { kind: 'put_policy', policy });
}

async function clear(): Promise<void> {
  const { policies = [] } = await definer.catalog(tenant);
  for (const { id } of policies) {
    await definer.define(maker, { kind: 'drop_policy', app: 'default', id });
  }
}

/** A caller written into the query, for conditions alone. */
function fixed({ id, roles, attr }: OracleCaller): Caller {
  const claims = literal(JSON.stringify(attr));
  return {
    id: sql`${literal(id)}::text`,
    roles: sql`${namesOf(roles)}`,
    claim: (path) => sql`(select nullif(${claims}::jsonb #> ${path}, 'null'))`,
  };
}

describe('conditions', () => {
  it('hold where the evaluator says so, in both forms, and never beyond their bound', async () => {
    const table = plainTable('posts', columns);
    await fc.assert(
      fc.asyncProperty(fc.array(expressions, { minLength: 10, maxLength: 10 }), async (all) => {
        const asked = all.flatMap(({ cel, oracle }) =>
          callers.map(([, caller]) => ({ cel, oracle, caller })),
        );
        const parts = asked.map(({ cel, caller }) => {
          const value = compileCondition(cel, tableScope(table, bare, fixed(caller), false));
          const forms = [value.sql, holds(value), most(value)].map((form) =>
            toText(sql`(${form}) is true`),
          );
          return `select array_agg(concat(${forms.join(`, '/', `)}) order by id) as found from ${posts}`;
        });
        const query = parts
          .map((part, at) => `(select ${at} as n, found from (${part}) as p)`)
          .join(' union all ');
        const result = await database.admin.query<{ n: number; found: string[] }>(
          `select * from (${query}) as q order by n`,
        );
        result.rows.forEach(({ found }, at) => {
          const one = asked[at];
          if (!one) throw new Error('no expression');
          found.forEach((forms, place) => {
            const [exact, form, bound] = forms.split('/');
            const row = rows[place];
            if (!row) throw new Error('no row');
            const wanted = celHolds(partsApart(one.oracle), one.caller, judged(row)) ? 't' : 'f';
            const about = `${one.cel} for ${one.caller.id} on ${row.id}`;
            expect([exact, form], about).toEqual([wanted, wanted]);
            if (wanted === 't') expect(bound, about).toBe('t');
          });
        });
      }),
      bounded(40, 20),
    );
  }, 60_000);
});

describe('policies', () => {
  it('decide alike in requests, in SQL logins and in plain TypeScript', async () => {
    await fc.assert(
      fc.asyncProperty(policySets('default', 'datatable:posts'), async (set) => {
        await clear();
        await define(set);
        for (const [person, caller] of callers) {
          const wanted = expected(set, caller);
          expect(await asGateway(database, person, verdicts), person.sub).toEqual(wanted);
          const client = logins.client(person.sub);
          await client.query('begin');
          expect(await verdicts(client), `login ${person.sub}`).toEqual(wanted);
          await client.query('rollback');
        }
      }),
      bounded(8, 20),
    );
  }, 90_000);
});
