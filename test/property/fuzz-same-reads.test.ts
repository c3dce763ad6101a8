/** Random reads as random callers: every dialect answers with the rows, in the order and with the sums that SQL gives the login role. */
import fc from 'fast-check';
import format from 'pg-format';
import { beforeAll, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { columnsOf, principals, seedCorpus, short, tables } from '../support/corpus.ts';
import { createDatabase } from '../support/database.ts';
import { filter } from '../support/filters.ts';
import { createLogins, type Logins } from '../support/logins.ts';
import { plainSql } from '../support/plain-sql.ts';
import { principal } from '../support/principal.ts';
import { enoughFor, forSeconds } from '../support/seeded.ts';
import { spell as spellDataSvc } from '../support/spell-data-svc.ts';
import { asStanza, spell as spellPgrest } from '../support/spell-pgrest.ts';
import { asTree, spell as spellTaruvi } from '../support/spell-taruvi.ts';
import { cannot, Unspeakable } from '../support/unspeakable.ts';
import type { Value } from '../support/values.ts';

const seconds = Number(process.env['FUZZ_SECONDS'] ?? 12);
const [table] = tables;
if (table === undefined) throw new Error('the corpus lost its tables');
const columns = columnsOf(table);
// A login has no sudo.
const callers = principals.filter(({ sudo }) => sudo !== true);
type CallerOf = (typeof callers)[number];

let app: TestApp;
let tenant: string;
let logins: Logins;

function person(of: CallerOf) {
  return principal(tenant, of.sub, { ...of, roles: [...(of.roles ?? []), 'PGREST_READ'] });
}

beforeAll(async () => {
  const database = await createDatabase();
  app = await startApp(database);
  tenant = await app.createTenant('same');
  await seedCorpus(app, tenant);
  logins = await createLogins(
    database,
    callers.map((of) => [of.name, person(of)] as const),
  );
});

interface Page {
  readonly by: string;
  readonly down: boolean;
  readonly limit: number;
  readonly offset: number;
}

const page: fc.Arbitrary<Page> = fc.record({
  by: fc.constantFrom('count', 'price', 'at', 'day', 'group', 'label', 'select', 'id'),
  down: fc.boolean(),
  limit: fc.integer({ min: 1, max: 60 }),
  offset: fc.integer({ min: 0, max: 5 }),
});

/** Filters that plain SQL has words for. */
const sayable = filter.filter((where) => {
  try {
    return plainSql(where, columns) !== '';
  } catch (error) {
    if (error instanceof Unspeakable) return false;
    throw error;
  }
});

/** Of a type that sorts in Data Svc as the column does in SQL. Texts do not: there they sort by code points. */
const sortingTypes: Readonly<Record<string, string>> = {
  count: 'numeric',
  price: 'numeric',
  at: 'date',
  day: 'date',
  id: 'text',
};

/** Where NULL comes, beside the way of Postgres. */
const nullsLast = new Set(['Data Svc']);

/** The ids on a page of the rows that the filter finds, through each dialect that has words for it. */
type Ask = (where: Value, page: Page, as: ReturnType<typeof person>) => Promise<readonly string[]>;

async function ids(path: string, as: ReturnType<typeof person>, key: string, body?: unknown) {
  const sent = body === undefined ? { as } : { as, body };
  const reply = await app.request(body === undefined ? 'GET' : 'POST', path, sent);
  expect(reply.status, `${path} ${JSON.stringify(body)}\n${reply.text.slice(0, 300)}`).toBe(200);
  const rows = (reply.body as Record<string, readonly { id: string }[]>)[key] ?? [];
  return rows.map(({ id }) => id);
}

const doors: Readonly<Record<string, Ask>> = {
  Monk: (where, { by, down, limit, offset }, as) => {
    const order = [`${by} ${down ? 'desc' : 'asc'}`, 'id asc'];
    return ids('/api/find/order', as, 'data', { where, order, limit, offset, select: ['id'] });
  },
  Taruvi: (where, { by, down, limit, offset }, as) => {
    const tree = asTree(spellTaruvi(where, columns), limit);
    const query = `ordering=${down ? '-' : ''}${by},id&limit=${limit}&offset=${offset}&${tree}`;
    return ids(`/api/apps/default/datatables/order/data/?${query}`, as, 'data');
  },
  PgREST: (where, { by, down, limit, offset }, as) => {
    const stanza = encodeURIComponent(asStanza(spellPgrest(where, columns), limit));
    const order = `order=${by},${down ? 'DESC' : 'ASC'}`;
    const query = `${order}&limit=${limit}&offset=${offset}&where=${stanza}`;
    return ids(`/v3/pgrest/data/order?${query}`, as, 'result');
  },
  'Data Svc': async (where, { by, down, limit, offset }, as) => {
    if (sortingTypes[by] === undefined) return cannot('the order of texts');
    const orderBys = [{ field: by, desc: down, sortingType: sortingTypes[by] }];
    const filters = spellDataSvc(where, columns);
    // Pages are cursors there: the rows skipped are read along.
    const query = { filters, orderBys, limit: limit + offset };
    const found = await ids('/data-svc/objects', as, 'objects', { table: 'order', query });
    return found.slice(offset);
  },
};

it(
  'pages of rows',
  async () => {
    const said = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(
        sayable,
        page,
        fc.constantFrom(...callers),
        forSeconds(seconds, 40, async (where, asked, of) => {
          const client = logins.client(of.name);
          const { by, down, limit, offset } = asked;
          const query = (rest: string): string =>
            `select id from ${format.ident(`t_${tenant}`)}."order" where ${plainSql(where, columns)}
         order by ${format.ident(by)} ${down ? 'desc' : 'asc'} ${rest}, id limit ${limit} offset ${offset}`;
          const idsOf = async (text: string) =>
            (await client.query<{ id: string }>(text)).rows.map(({ id }) => id);
          const [usual, last] = [await idsOf(query('')), await idsOf(query('nulls last'))];
          for (const [name, ask] of Object.entries(doors)) {
            try {
              const got = await ask(where, asked, person(of));
              const want = nullsLast.has(name) ? last : usual;
              expect(short(got), `${name}, ${of.name}: ${query('')}`).toBe(short(want));
              said.set(name, (said.get(name) ?? 0) + 1);
            } catch (error) {
              if (!(error instanceof Unspeakable)) throw error;
            }
          }
        }),
      ),
      enoughFor(seconds),
    );
    // A door that has no words for anything would pass, too.
    for (const name of Object.keys(doors)) expect(said.get(name) ?? 0, name).toBeGreaterThan(0);
  },
  60_000 + seconds * 2_000,
);

interface Sums {
  readonly by: string;
  readonly as: ReturnType<typeof person>;
}

const groupings: readonly string[] = ['group', 'label', 'count', 'day'];

it(
  'sums',
  async () => {
    let said = 0;
    await fc.assert(
      fc.asyncProperty(
        sayable,
        fc.constantFrom(...groupings),
        fc.constantFrom(...callers),
        forSeconds(seconds / 2, 10, async (where, by, of) => {
          const as = person(of);
          const key = format.ident(by);
          const { rows: want } = await logins.client(of.name).query(
            `select ${key} as k, count(*)::text as n, count(price)::text as c, sum(price)::text as s, max("count")::text as m
           from ${format.ident(`t_${tenant}`)}."order" where ${plainSql(where, columns)} group by ${key}`,
          );
          const asked = `${of.name}: ${by}, ${JSON.stringify(where)}`;
          expect(await monkSums(where, { by, as }), `Monk, ${asked}`).toEqual(normal(want));
          try {
            expect(await taruviSums(where, { by, as }), `Taruvi, ${asked}`).toEqual(normal(want));
            said++;
          } catch (error) {
            if (!(error instanceof Unspeakable)) throw error;
          }
        }),
      ),
      enoughFor(seconds),
    );
    // One without words for any filter would pass, too.
    expect(said, 'Taruvi').toBeGreaterThan(0);
  },
  60_000 + seconds * 2_000,
);

type Group = Readonly<Record<string, unknown>>;

/** Groups as texts, in the order of their text: numbers come as numbers or as text, days as days or as times. */
function normal(groups: readonly Group[]): readonly string[] {
  return groups
    .map(({ k, n, c, s, m }) => {
      const day =
        k instanceof Date
          ? new Date(k.getTime() - k.getTimezoneOffset() * 60_000).toISOString().slice(0, 10)
          : k;
      const sum = s === null || s === undefined ? null : Number(s);
      return JSON.stringify([
        day === null ? null : String(day),
        Number(n),
        Number(c),
        sum,
        m === null ? null : String(m),
      ]);
    })
    .sort();
}

async function monkSums(where: Value, { by, as }: Sums): Promise<readonly string[]> {
  const aggregate = {
    n: { $count: '*' },
    c: { $count: 'price' },
    s: { $sum: 'price' },
    m: { $max: 'count' },
  };
  const body = { where, aggregate, groupBy: [by] };
  const reply = await app.request('POST', '/api/aggregate/order', { as, body });
  expect(reply.status, reply.text).toBe(200);
  return normal(groupsOf(reply.text, by));
}

async function taruviSums(where: Value, { by, as }: Sums): Promise<readonly string[]> {
  const tree = asTree(spellTaruvi(where, columns), 0);
  const sums = encodeURIComponent(
    'count(*) as n,count(price) as c,sum(price) as s,max(count) as m',
  );
  const query = `_aggregate=${sums}&_group_by=${by}&page_size=1000&${tree}`;
  const reply = await app.request('GET', `/api/apps/default/datatables/order/data/?${query}`, {
    as,
  });
  expect(reply.status, reply.text).toBe(200);
  return normal(groupsOf(reply.text, by));
}

/** Numbers as they are written: the widest have more digits than a number of JavaScript. */
function groupsOf(text: string, by: string): readonly Group[] {
  type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;
  const exact: Reviver = (_, value, { source }) => (typeof value === 'number' ? source : value);
  const { data } = JSON.parse(text, exact as Parameters<typeof JSON.parse>[1]) as {
    readonly data: readonly Group[];
  };
  return data.map((group) => ({ ...group, k: group[by] ?? null }));
}
