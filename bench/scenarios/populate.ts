import type { Query } from '../../control-plane/base/sql.ts';
import type { Principal } from '../../control-plane/model/principal.ts';
import { openPool } from '../../control-plane/pg/pool.ts';
import { createSession } from '../../control-plane/pg/session.ts';
import { type Bench, operator, person, poolSize } from '../environment.ts';
import { load } from '../load.ts';
import { alternate, rate } from '../measure.ts';
import { catalogOf, planRequest } from '../same-sql.ts';
import type { Scenario } from '../scenario.ts';
import { figure, times } from '../table.ts';

const base = '/api/apps/default/datatables';
const page =
  'page_size=20&ordering=-id&populate=author_id.company_id,comments.author_id.company_id';
const goal = 0.8;

/** A page of 20 rows with related rows three levels deep: the server's statement, and requests, against SQL written by hand. */
export const populate: Scenario = async (bench) => {
  const posts = bench.quick ? 1_000 : 20_000;
  const tenant = bench.slug('populate');
  await bench.request(operator, 'POST', '/admin/tenants', { tenant });
  const admin = person(tenant, 'admin', { access: 'root' });
  await define(bench, admin);
  await fill(bench, tenant, posts);

  const catalog = await catalogOf(bench, tenant);
  const path = `${base}/posts/data/?${page}`;
  const { entry, query } = planRequest(catalog, admin, { method: 'GET', path });
  const pool = openPool({
    connectionString: bench.gatewayUrl,
    max: poolSize,
    statementTimeout: 60_000,
  });
  const session = createSession();
  const milliseconds = bench.quick ? 1_000 : 4_000;
  const sent = (one: Query) => () =>
    rate(poolSize, milliseconds, () => session.run(pool, entry, [one]));
  const token = await bench.token(admin);
  const requests = (): Promise<number> =>
    load({
      url: bench.server.url,
      token,
      connections: poolSize,
      seconds: milliseconds / 1000,
      paths: [path],
    });
  try {
    const outcomes = await alternate(
      [
        { name: 'SQL by hand', round: sent({ text: byHand(tenant), values: [] }) },
        { name: "the server's statement", round: sent(query) },
        { name: 'requests', round: requests },
      ],
      bench.quick ? 3 : 7,
    );
    const ratio = outcomes[1]?.ratio ?? Number.NaN;
    return {
      tables: [
        {
          title: `20 of ${figure(posts)} rows, three levels of related rows, ${poolSize} connections`,
          headers: ['what', 'a second', 'ratio', 'lowest … highest'],
          rows: outcomes.map(({ name, median, ratio: of, lowest, highest }) => [
            name,
            figure(median),
            times(of),
            `${times(lowest)} … ${times(highest)}`,
          ]),
        },
      ],
      goals: [
        {
          text: `the statement in ${times(ratio)} of the throughput of SQL by hand (goal ${goal}×)`,
          met: ratio >= goal,
        },
      ],
      notes: [
        'by hand: sub-selects under the same policies, in the same session, with the number of all rows',
      ],
    };
  } finally {
    await pool.end();
  }
};

async function define(bench: Bench, admin: Principal): Promise<void> {
  const id = { name: 'id', type: 'integer' };
  const text = (name: string) => ({ name, type: 'string' });
  const to = (fields: string, resource: string) => ({
    fields,
    reference: { resource, fields: 'id' },
  });
  const key = (name: string) => ({ name, type: 'integer' });
  await bench.request(admin, 'POST', `${base}/create_schema/`, {
    resources: [
      { name: 'companies', schema: { primaryKey: 'id', fields: [id, text('name')] } },
      {
        name: 'people',
        schema: {
          primaryKey: 'id',
          fields: [id, text('name'), key('company_id')],
          foreignKeys: [to('company_id', 'companies')],
        },
      },
      {
        name: 'posts',
        schema: {
          primaryKey: 'id',
          fields: [id, text('title'), text('body'), key('author_id')],
          foreignKeys: [to('author_id', 'people')],
        },
      },
      {
        name: 'comments',
        schema: {
          primaryKey: 'id',
          fields: [id, text('text'), key('post_id'), key('author_id')],
          foreignKeys: [to('post_id', 'posts'), to('author_id', 'people')],
          indexes: [{ name: 'by_post', fields: ['post_id'] }],
        },
      },
    ],
  });
}

/** Four comments a post, spread evenly. */
async function fill(bench: Bench, tenant: string, posts: number): Promise<void> {
  const schema = `"t_${tenant}"`;
  const client = await bench.admin.connect();
  try {
    await client.query('set session_replication_role = replica');
    await client.query(`
      insert into ${schema}.companies (id, name, _xact) select n, 'company ' || n, '1'::xid8 from generate_series(1, 200) as n;
      insert into ${schema}.people (id, name, company_id, _xact)
        select n, 'person ' || n, 1 + n % 200, '1'::xid8 from generate_series(1, 2000) as n;
      insert into ${schema}.posts (id, title, body, author_id, _xact)
        select n, 'post ' || n, repeat(md5(n::text), 4), 1 + n * 7 % 2000, '1'::xid8 from generate_series(1, ${posts}) as n;
      insert into ${schema}.comments (id, text, post_id, author_id, _xact)
        select n, 'comment ' || n, 1 + n % ${posts}, 1 + n * 13 % 2000, '1'::xid8 from generate_series(1, ${4 * posts}) as n`);
    await client.query('reset session_replication_role');
    for (const table of ['companies', 'people', 'posts', 'comments']) {
      await client.query(`vacuum analyze ${schema}.${table}`);
    }
  } finally {
    client.release();
  }
}

/** What somebody who knows the tables would write. */
function byHand(tenant: string): string {
  const of = (table: string): string => `"t_${tenant}".${table}`;
  const author = (from: string): string => `(
    select row_to_json(a) from (
      select p.id, p.name, (
        select row_to_json(c) from (select c.id, c.name from ${of('companies')} as c where c.id = p.company_id) as c
      ) as company_id from ${of('people')} as p where p.id = ${from}.author_id) as a)`;
  return `
    select (select coalesce(json_agg(r), '[]') from (
      select t.id, t.title, t.body, ${author('t')} as author_id, (
        select coalesce(json_agg(k order by k.id), '[]') from (
          select k.id, k.text, k.post_id, ${author('k')} as author_id
          from ${of('comments')} as k where k.post_id = t.id) as k
      ) as comments
      from ${of('posts')} as t order by t.id desc limit 20) as r)::text as rows,
      20 as count, (select count(*) from ${of('posts')}) as total, null::int as matched, null::int as changed`;
}
