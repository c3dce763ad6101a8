import { type Bench, person } from '../environment.ts';
import { catalogOf, planRequest } from '../same-sql.ts';
import type { Report, Scenario } from '../scenario.ts';
import { seedTenant } from '../seed.ts';
import { connect, enter, race } from '../side.ts';
import { figure, type ResultTable, times } from '../table.ts';

/** Each row has words that 2, 1,000 or all rows have, and documents with values as rare. */
const questions = [
  ['full text, 2 matches', 'search=rare7'],
  ['full text, 1 %', 'search=some7'],
  ['full text of one field, 2 matches', 'title__search=rare7'],
  ['full text, every row', 'search=common'],
  ['document, 2 matches', 'doc.deep.rare=7'],
  ['element of a list in a document', 'doc.list__aelement=r7'],
  ['array, 2 matches', 'tags__aoverlap=r7'],
  ['number, 2 matches', 'price=7.5'],
  ['substring, 2 matches (no index)', 'title__contains=rare7%20'],
] as const;

const goal = 1.5;

/** What the row policy costs conditions that an index answers: the same SQL with and without it. */
export const search: Scenario = async (bench) => {
  const size = bench.quick ? 10_000 : 200_000;
  const admin = await seedTenant(bench, 'search');
  const tenant = admin.tenant ?? '';
  await define(bench, admin);
  await seed(bench, tenant, size);
  const table = await compare(bench, tenant, size);
  return { tables: [table.shown], goals: table.goals };
};

async function define(bench: Bench, admin: ReturnType<typeof person>): Promise<void> {
  const index = (field: string, method: string) => ({ name: field, fields: [field], method });
  await bench.request(admin, 'POST', '/api/apps/default/datatables/', {
    name: 'texts',
    json_schema: {
      fields: [
        { name: 'id', type: 'integer' },
        { name: 'title', type: 'string' },
        { name: 'body', type: 'string' },
        { name: 'doc', type: 'object' },
        { name: 'tags', type: 'array', arrayItem: { type: 'string' } },
        { name: 'price', type: 'number' },
      ],
      search_fields: ['title', 'body'],
      indexes: [index('doc', 'gin'), index('tags', 'gin'), index('price', 'btree')],
    },
  });
}

async function seed(bench: Bench, tenant: string, size: number): Promise<void> {
  const table = `"t_${tenant}".texts`;
  const rare = `n % ${size / 2}`;
  await bench.admin.query(
    `insert into ${table} (title, body, doc, tags, price)
     select 'rare' || ${rare} || ' title of row', 'common words, some' || n % 100 || ' and others of row ' || n,
       jsonb_build_object('deep', jsonb_build_object('rare', ${rare}), 'list', jsonb_build_array('r' || ${rare}, n)),
       array['r' || ${rare}, 'all'], (${rare}) + .5
     from generate_series(1, ${size}) as n`,
  );
  await bench.admin.query(`vacuum analyze ${table}`);
}

async function compare(
  bench: Bench,
  tenant: string,
  size: number,
): Promise<{ shown: ResultTable; goals: NonNullable<Report['goals']> }> {
  const catalog = await catalogOf(bench, tenant);
  const caller = person(tenant, 'admin', { access: 'root' });
  // The owner of the cluster meets no policy.
  const free = await connect(bench.admin.options.connectionString ?? '');
  const guarded = await connect(bench.gatewayUrl);
  const rows: string[][] = [];
  const goals: { text: string; met: boolean }[] = [];
  try {
    for (const [what, asked] of questions) {
      const path = `/api/apps/default/datatables/texts/data/?page_size=20&${asked}`;
      const planned = planRequest(catalog, caller, { method: 'GET', path });
      await enter(guarded, planned);
      const [without, under] = await race(bench, {
        without: { client: free, ...planned.query },
        under: { client: guarded, ...planned.query },
      });
      await guarded.query('rollback');
      if (!without || !under) continue;
      rows.push([what, figure(without.median), figure(under.median), times(under.ratio)]);
      const text = `${what}: at most ${goal}× under the policy (${times(under.ratio)})`;
      if (what.startsWith('full text')) goals.push({ text, met: under.ratio <= goal });
    }
  } finally {
    await free.end();
    await guarded.end();
  }
  const title = `The SQL of a list of 20 with its total, ${figure(size)} rows, access mode policy`;
  return { shown: { title, headers: ['asks', 'no policy ms', 'policy ms', 'ratio'], rows }, goals };
}
