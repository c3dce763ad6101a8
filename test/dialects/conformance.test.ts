/** Every filter of the corpus, for every principal of the corpus: the oracle, REST and plain SQL agree on the rows. */
import format from 'pg-format';
import { beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import {
  type CorpusPredicate,
  type CorpusPrincipal,
  columnsOf,
  expectedIds,
  predicates,
  principals,
  rows,
  seedCorpus,
  short,
  tables,
  visibleTo,
} from '../support/corpus.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { createLogins, type Logins } from '../support/logins.ts';
import { inParallel } from '../support/parallel.ts';
import { plainSql } from '../support/plain-sql.ts';
import { principal } from '../support/principal.ts';
import { Unspeakable } from '../support/unspeakable.ts';

const [table] = tables;
if (table === undefined) throw new Error('the corpus lost its tables');
const columns = columnsOf(table);
const name = table.name;

let database: TestDatabase;
let app: TestApp;
let logins: Logins;
let tenant: string;

function person(of: CorpusPrincipal) {
  return principal(tenant, of.sub, of);
}

function expected(where: CorpusPredicate['where'], of: CorpusPrincipal): readonly string[] {
  return expectedIds(where, person(of), columns);
}

beforeAll(async () => {
  database = await createDatabase();
  app = await startApp(database);
  tenant = await app.createTenant('corpus');
  await seedCorpus(app, tenant);
  logins = await createLogins(
    database,
    principals.filter((each) => each.sudo !== true).map((each) => [each.name, person(each)]),
  );
});

/** Predicates by the first operator they use, so that a failure names its family. */
function family(where: CorpusPredicate['where']): string {
  const operators = JSON.stringify(where).match(/"\$\w+"/g) ?? [];
  const [first = 'plain'] = operators;
  return first.replaceAll('"', '');
}

const valid = Map.groupBy(
  predicates.filter((each) => !('error' in each)),
  (each) => family(each.where),
);
const faulty = Map.groupBy(
  predicates.filter((each) => 'error' in each),
  (each) => family(each.where),
);

describe('find answers what the oracle says', () => {
  it.each([...valid.keys()])('%s', async (key) => {
    const wrong: string[] = [];
    await inParallel(valid.get(key) ?? [], async ({ where }, at) => {
      // All rows, and the rows of one other principal in turn: each predicate meets each kind of caller somewhere.
      for (const of of [principals[1], principals[at % principals.length]]) {
        if (of === undefined) continue;
        const want = expected(where, of);
        const reply = await app.request('POST', `/api/find/${name}`, {
          as: person(of),
          body: { where, select: ['id'] },
        });
        const got =
          reply.status === 200
            ? short((reply.body as { data: { id: string }[] }).data.map((row) => row.id).sort())
            : `${reply.status} ${reply.text.slice(0, 200)}`;
        if (got !== short(want)) {
          wrong.push(`${of.name} ${JSON.stringify(where)}\n  want ${short(want)}\n  got  ${got}`);
        }
      }
    });
    expect(wrong.slice(0, 30).join('\n'), `${wrong.length} wrong`).toBe('');
  });
});

describe('faulty filters are refused', () => {
  it.each([...faulty.keys()])('%s', async (key) => {
    const wrong: string[] = [];
    await inParallel(faulty.get(key) ?? [], async ({ where, error }) => {
      const reply = await app.request('POST', `/api/find/${name}`, {
        as: person(principals[0] as CorpusPrincipal),
        body: { where },
      });
      const code = (reply.body as { error_code?: string }).error_code;
      if (reply.status !== 400 || (typeof error === 'string' && code !== error)) {
        wrong.push(
          `${JSON.stringify(where).slice(0, 200)}\n  want 400 ${error}\n  got  ${reply.status} ${reply.text.slice(0, 200)}`,
        );
      }
    });
    expect(wrong.slice(0, 30).join('\n'), `${wrong.length} wrong`).toBe('');
  });
});

const plain = predicates.flatMap((predicate) => {
  if ('error' in predicate) return [];
  const { where } = predicate;
  try {
    return [{ where, condition: plainSql(where, columns) }];
  } catch (error) {
    if (!(error instanceof Unspeakable)) throw error;
    return [];
  }
});

describe('plain SQL of a login role finds the same rows', () => {
  it.each(
    principals.filter((each) => each.sudo !== true).map((each) => [each.name, each] as const),
  )('%s', async (label, of) => {
    const wrong: string[] = [];
    const client = logins.client(label);
    const from = format('select id from %I.%I', `t_${tenant}`, name);
    for (const [at, { where, condition }] of plain.entries()) {
      // Each condition for one principal in three: all would only take longer.
      if ((at + label.length) % 3 !== 0) continue;
      const found = await client.query<{ id: string }>(`${from} where ${condition}`);
      const got = short(found.rows.map((row) => row.id).sort());
      const want = short(expected(where, of));
      if (got !== want) wrong.push(`${condition}\n  want ${want}\n  got  ${got}`);
    }
    const all = await client.query<{ id: string }>(from);
    expect(short(all.rows.map((row) => row.id).sort())).toBe(short(expected({}, of)));
    expect(wrong.slice(0, 30).join('\n'), `${wrong.length} wrong`).toBe('');
  });
});

describe('counts follow the rows', () => {
  it.each(principals.map((each) => [each.name, each] as const))('%s', async (_, of) => {
    const want = expected({}, of).length;
    const found = await app.request('POST', `/api/find/${name}`, {
      as: person(of),
      body: { count: true, limit: 1 },
    });
    expect((found.body as { total: number }).total).toBe(want);
    const counted = await app.request('POST', `/api/aggregate/${name}`, {
      as: person(of),
      body: { aggregate: { n: { $count: '*' }, labels: { $count: 'label' } } },
    });
    const labels = visibleTo(person(of)).filter(
      (row) => (row.values['label'] ?? null) !== null,
    ).length;
    expect((counted.body as { data: object[] }).data).toEqual([{ n: want, labels }]);
  });
});

describe('breadth', () => {
  const all = (): readonly string[] => expected({}, principals[0] as CorpusPrincipal);
  const find = async (where: object) =>
    app.request('POST', `/api/find/${name}`, {
      as: person(principals[1] as CorpusPrincipal),
      body: { where, select: ['id'] },
    });

  it('1000 conditions are served, 1001 refused', async () => {
    const conditions = (count: number) => ({
      $or: Array.from({ length: count }, (_, at) => ({ count: at })),
    });
    const served = await find(conditions(1000));
    expect(served.status, served.text).toBe(200);
    const counts = rows.filter((row) => {
      const value = Number(row.values['count'] ?? Number.NaN);
      return value >= 0 && value < 1000;
    });
    expect((served.body as { count: number }).count).toBe(counts.length);
    const refused = await find(conditions(1001));
    expect([refused.status, (refused.body as { error_code: string }).error_code]).toEqual([
      400,
      'PARAMETER_LIMIT_EXCEEDED',
    ]);
  });

  it('a list of 10,000 is served, 10,001 refused', async () => {
    const list = (count: number) => ({ label: { $nin: Array(count).fill('nothing') } });
    const served = await find(list(10_000));
    expect(served.status, served.text.slice(0, 200)).toBe(200);
    expect((await find(list(10_001))).status).toBe(400);
    expect(all().length).toBeGreaterThan(0);
  });
});
