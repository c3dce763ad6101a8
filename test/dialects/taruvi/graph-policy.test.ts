/** What a policy hides of nodes is hidden of their edges, in REST and SQL, from the moment it is stored. */
import { beforeAll, expect, it } from 'vitest';
import { personTable } from '../../support/graph.ts';
import { rowsAt, stage } from './stage.ts';

const here = stage(
  [personTable('people', { types: [{ name: 'knows', inverse: 'known_by' }], hierarchy: false })],
  { root: { access: 'root' }, clerk: { access: 'edit' } },
);

const edges = '/default/datatables/people/edges/';

beforeAll(async () => {
  const root = here.as('root');
  await root.call('PATCH', '/default/settings/', { default_policy: 'authenticated' });
  await root.call(
    'POST',
    rowsAt('people'),
    [1, 2, 3].map((id) => ({ id, name: `p${id}` })),
    201,
  );
  // 3 is reached from 1 only through 2.
  await root.call(
    'POST',
    edges,
    [
      { from: 1, to: 2, type: 'knows' },
      { from: 2, to: 3, type: 'knows' },
    ],
    201,
  );
});

const seen = async () => {
  const clerk = here.as('clerk');
  const { data } = await clerk.call(
    'GET',
    rowsAt('people', '1/?include=ancestors&depth=5&fields=id'),
  );
  const sql = here.logins.client('clerk');
  const reached = await sql.query("select key from graph_reach('people', '1', 'ancestors')");
  const stored = await sql.query('select from_id from people_edges order by 1');
  return {
    knows: (data as { knows: { id: number }[] }).knows.map(({ id }) => id),
    edges: (await clerk.call('GET', edges)).total,
    reached: reached.rows.map(({ key }) => Number(key)),
    stored: stored.rows.map(({ from_id }) => from_id),
  };
};

const everything = { knows: [2, 3], edges: 2, reached: [1, 2, 3], stored: [1, 2] };

it('a row that a rule hides hides its edges and what lies behind it', async () => {
  const root = here.as('root');
  expect(await seen()).toEqual(everything);
  const { data } = await root.call('POST', '/default/policies/', {
    apiVersion: 'api.cerbos.dev/v1',
    resourcePolicy: {
      resource: 'datatable:people',
      version: 'default',
      rules: [
        {
          actions: ['read'],
          effect: 'EFFECT_ALLOW',
          roles: ['*'],
          condition: { match: { expr: 'R.attr.name != "p2"' } },
        },
      ],
    },
  });
  expect(await seen()).toEqual({ knows: [], edges: 0, reached: [1], stored: [] });
  await here
    .as('clerk')
    .refused(400, 'VALIDATION_ERROR', 'POST', edges, [{ from: 3, to: 2, type: 'knows' }]);
  const { id } = data as { id: string };
  await root.send('DELETE', `/default/policies/${encodeURIComponent(id)}/`);
  expect(await seen()).toEqual(everything);
});
