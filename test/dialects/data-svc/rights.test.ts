/** Random lists and callers: the oracle, REST and SQL logins agree on query, update and delete. */
import * as fc from 'fast-check';
import type pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../../support/app.ts';
import { type DataSvc, dataSvc, where } from '../../support/data-svc.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { createLogins, type Logins } from '../../support/logins.ts';
import { principal } from '../../support/principal.ts';
import { type Listed, mayDelete, mayRead, maySetLists, mayWrite, type Someone } from './oracle.ts';

const people: readonly Someone[] = [
  { sub: 'ann', orgs: ['org_1', 'org_2'], roles: ['chef'] },
  { sub: 'bob', orgs: ['org_2'], roles: ['user-svc:org:{org_9}:admin'] },
  { sub: 'chef', orgs: [], roles: [] },
  { sub: 'zoe', orgs: [], roles: ['ann'] },
];

let database: TestDatabase;
let app: TestApp;
let tenant: string;
let logins: Logins;
const apis = new Map<string, DataSvc>();

function api(sub: string): DataSvc {
  const found = apis.get(sub);
  if (!found) throw new Error(sub);
  return found;
}

beforeAll(async () => {
  database = await createDatabase();
  app = await startApp(database);
  tenant = await app.createTenant('rights');
  // Levels and sudo pass nothing by.
  const levels = ['root', 'edit', 'full', 'edit'] as const;
  people.forEach((who, at) => {
    const { sub, ...rest } = who;
    apis.set(
      sub,
      dataSvc(
        app,
        principal(tenant, sub, { ...rest, access: levels[at] ?? 'edit', sudo: at === 0 }),
      ),
    );
  });
  logins = await createLogins(
    database,
    people.map(({ sub, ...rest }, at) => [
      sub,
      principal(tenant, sub, { ...rest, access: levels[at] ?? 'edit' }),
    ]),
  );
});

const names = ['any', 'ann', 'bob', 'chef', 'zoe', 'org_1', 'org_2', 'org_9', 'nobody', 'o\'"$$%_'];
const list = fc.uniqueArray(fc.constantFrom(...names), { maxLength: 3 });
const listed = fc.record({
  author: fc.constantFrom('ann', 'bob', 'chef', 'zoe'),
  readers: list,
  writers: list,
  deleters: list,
  full: fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: list }),
  deny: fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: list }),
});

let round = 0;

/** A fresh table of objects with these lists; answers with what the oracle needs. */
async function seed(objects: readonly (Omit<Listed, 'authors'> & { author: string })[]) {
  const table = `r${++round}`;
  const made = new Map<string, Listed>();
  for (const [at, { author, full = [], deny = [], ...lists }] of objects.entries()) {
    const id = `${table}_${at}`;
    const { authors } = await api(author).create({ table, id, data: { n: 0 }, ...lists });
    made.set(id, { ...lists, authors, full, deny });
    if (full.length + deny.length > 0) await relist(table, id, full, deny);
  }
  return { table, made };
}

/** What only another dialect or the operator sets. */
async function relist(table: string, id: string, full: readonly string[], deny: readonly string[]) {
  const client = await database.admin.connect();
  try {
    await client.query('begin; set local role rowhouse_owner');
    await client.query(
      `update "t_${tenant}"."${table}" as t set _acl = rowhouse.intern_acl($1, 'lists', a.read, a.edit, $2, a.delete, $3, a.authors)
       from "t_${tenant}"._rowhouse_acls as a where a.id = t._acl and t.id = $4`,
      [tenant, full, deny, id],
    );
    await client.query('commit');
  } finally {
    client.release();
  }
}

async function sqlIds(client: pg.Client, text: string): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(text);
  return rows.map(({ id }) => id).sort();
}

describe('mode lists', () => {
  it('the same for the oracle, REST and SQL', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(listed, { minLength: 4, maxLength: 8 }), async (objects) => {
        const { table, made } = await seed(objects);
        const all = [...made.keys()];
        const expected = (who: Someone, may: (who: Someone, object: Listed) => boolean) =>
          all.filter((id) => may(who, made.get(id) ?? fail())).sort();
        for (const who of people) {
          const rest = api(who.sub);
          const sql = logins.client(who.sub);
          const readable = expected(who, mayRead);
          const writable = expected(who, mayWrite);
          expect(await rest.ids(table), `${who.sub} reads`).toEqual(readable);
          expect(await sqlIds(sql, `select id from "${table}"`)).toEqual(readable);
          // On unreadable objects conditions on data don't hold, those on the id do.
          const both = writable.filter((id) => readable.includes(id));
          expect(
            await rest.update(table, [where('n', 'greaterThanOrEqual', 0)], {
              data: { seen: true },
            }),
          ).toBe(both.length);
          expect(
            await rest.update(table, [where('id', 'isInList', ...all)], { data: { seen: false } }),
          ).toBe(writable.length);
          expect(
            await sqlIds(
              sql,
              `update "${table}" set data = data || '{"by": "${who.sub}"}' where id <> '' returning id`,
            ),
          ).toEqual(both);
          expect(
            await sqlIds(
              sql,
              `select id from (select id, change('${table}', id, '{"data": {"n": 1, "via": "${who.sub}"}}') as done
            from unnest(array[${all.map((id) => `'${id}'`).join(',')}]) as id offset 0) as x where done`,
            ),
          ).toEqual(writable);
          const relistable = expected(who, maySetLists);
          expect(
            await rest.update(table, [where('id', 'startsWith', table)], { readers: null }),
          ).toBe(relistable.length);
          const deletable = expected(who, mayDelete);
          await sql.query('begin');
          expect((await sql.query(`delete from "${table}"`)).rowCount).toBe(deletable.length);
          await sql.query('rollback; begin');
          expect((await sql.query(`delete from "${table}" where id <> ''`)).rowCount).toBe(
            deletable.filter((id) => readable.includes(id)).length,
          );
          await sql.query('rollback; begin');
          for (const id of all) {
            const { rows } = await sql.query<{ done: boolean }>('select remove($1, $2) as done', [
              table,
              id,
            ]);
            expect(rows[0]?.done, `${who.sub} removes ${id}`).toBe(deletable.includes(id));
          }
          await sql.query('rollback');
        }
        const { rows } = await database.admin.query<{ id: string; authors: string[] }>(
          `select t.id, a.authors from "t_${tenant}"."${table}" as t join "t_${tenant}"._rowhouse_acls as a on a.id = t._acl`,
        );
        for (const { id, authors } of rows) expect(authors).toEqual(made.get(id)?.authors);
        for (const who of people) {
          const present = new Set(await sqlAll(table));
          const gone = expected(who, mayDelete).filter((id) => present.has(id));
          expect(await api(who.sub).remove(table, [where('id', 'isInList', ...all)])).toBe(
            gone.length,
          );
        }
      }),
      { numRuns: 12 },
    );
  }, 240_000);
});

async function sqlAll(table: string): Promise<string[]> {
  const { rows } = await database.admin.query<{ id: string }>(
    `select id from "t_${tenant}"."${table}"`,
  );
  return rows.map(({ id }) => id);
}

function fail(): never {
  throw new Error('no such object');
}
