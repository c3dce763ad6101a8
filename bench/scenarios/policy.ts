import { type Bench, person } from '../environment.ts';
import type { Outcome } from '../measure.ts';
import { catalogOf, planRequest } from '../same-sql.ts';
import type { Scenario } from '../scenario.ts';
import { seedTenant } from '../seed.ts';
import { connect, enter, race } from '../side.ts';
import { figure, type ResultTable, times } from '../table.ts';

const path = '/api/apps/default';

/** What policies compiled from rules cost beside a row policy written by hand, and beside none. */
export const policy: Scenario = async (bench) => {
  const size = bench.quick ? 5_000 : 200_000;
  const admin = await seedTenant(bench, 'policy');
  const tenant = admin.tenant ?? '';
  await seed(bench, tenant, size);
  const tables: ResultTable[] = [];
  for (const [sees, sub] of [
    ['half', 'reader'],
    ['.1 %', 'owner_1'],
  ] as const) {
    tables.push(await compare(bench, tenant, sees, sub, size));
  }
  return {
    tables,
    notes: [
      'times in ms; role and claims are entered beforehand. by hand: a row policy of the same meaning, what the caller is in sub-selects, the row in plain SQL',
    ],
  };
};

async function seed(bench: Bench, tenant: string, size: number): Promise<void> {
  const admin = person(tenant, 'admin', { access: 'root' });
  const field = (name: string, type = 'string') => ({ name, type });
  await bench.request(admin, 'POST', `${path}/datatables`, {
    name: 'notes',
    json_schema: {
      fields: [field('id', 'integer'), field('owner'), field('state'), field('body')],
      primaryKey: 'id',
      indexes: [{ name: 'owner', columns: ['owner'] }],
    },
  });
  const notes = `"t_${tenant}".notes`;
  const hand = `"t_${tenant}".notes_by_hand`;
  await bench.admin.query(`
    insert into ${notes} (id, owner, state, body)
      select i, 'owner_' || i % 1000, case when i % 2 = 0 then 'public' else 'draft' end, md5(i::text)
      from generate_series(1, ${size}) as i;
    create table ${hand} (like ${notes} including all);
    insert into ${hand} select * from ${notes};
    create table "t_${tenant}".notes_plain (like ${notes} including all);
    insert into "t_${tenant}".notes_plain select * from ${notes};
    grant select on ${hand} to "t_${tenant}";
    alter table ${hand} enable row level security;
    create policy readers on ${hand} for select to "t_${tenant}" using (
      (_xact = (select pg_current_xact_id_if_assigned())
        or (select rowhouse.administers('${tenant}', 'default'))
        or (select rowhouse.app_roles('${tenant}', 'default') && '{reader}') and state = 'public'
        or (select rowhouse.belongs('${tenant}')) and owner = (select p.sub from rowhouse.principal_in('${tenant}') as p)));
    analyze ${notes}; analyze ${hand}; analyze "t_${tenant}".notes_plain`);
  const rule = (roles: readonly string[], expr: string) => ({
    actions: ['read'],
    effect: 'EFFECT_ALLOW',
    roles,
    condition: { match: { expr } },
  });
  await bench.request(admin, 'POST', `${path}/policies`, {
    apiVersion: 'api.cerbos.dev/v1',
    resourcePolicy: {
      resource: 'datatable:notes',
      rules: [rule(['reader'], "R.attr.state == 'public'"), rule(['*'], 'R.attr.owner == P.id')],
    },
  });
}

async function compare(
  bench: Bench,
  tenant: string,
  sees: string,
  sub: string,
  size: number,
): Promise<ResultTable> {
  const catalog = await catalogOf(bench, tenant);
  const caller = person(tenant, sub, { roles: sub === 'reader' ? ['reader'] : [] });
  const list = planRequest(catalog, caller, {
    method: 'GET',
    path: `${path}/datatables/notes/data`,
  });
  const plain = await connect(bench.admin.options.connectionString ?? '');
  const guarded = await connect(bench.gatewayUrl);
  const rows: string[][] = [];
  try {
    await enter(guarded, list);
    for (const [what, text] of [
      ['count(*)', 'select count(*) from TABLE'],
      ['first 20 by key', 'select * from TABLE order by id limit 20'],
      ['page 100 with total', 'select *, count(*) over () from TABLE order by id limit 100'],
      ['by key', 'select * from TABLE where id = 1002'],
    ] as const) {
      const at = (table: string): string => text.replace('TABLE', `"t_${tenant}".${table}`);
      const outcomes = await race(bench, {
        hand: { client: guarded, text: at('notes_by_hand'), values: [] },
        compiled: { client: guarded, text: at('notes'), values: [] },
        plain: { client: plain, text: at('notes_plain'), values: [] },
      });
      rows.push([what, ...outcomes.flatMap(cell)]);
    }
    await guarded.query('rollback');
  } finally {
    await plain.end();
    await guarded.end();
  }
  return {
    title: `Policies: who sees ${sees} of ${figure(size)} rows`,
    headers: ['asks', 'by hand ms', 'compiled ms', 'ratio', 'no policy ms', 'ratio'],
    rows,
  };
}

function cell({ median, ratio }: Outcome, index: number): string[] {
  return index === 0 ? [figure(median)] : [figure(median), times(ratio)];
}
