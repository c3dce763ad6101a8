/** An org chart over HTTP: traversals, paths, edges and their refusals. */
import { beforeAll, describe, expect, it } from 'vitest';
import { personTable } from '../../support/graph.ts';
import { edgesAt, person, rowsAt, stage } from './stage.ts';

const staff = personTable('staff', {
  types: [
    { name: 'manager', inverse: 'reports', maxOutgoing: 1 },
    { name: 'mentor', inverse: 'mentees' },
  ],
  hierarchy: true,
});
const parts = personTable('parts', {
  types: [{ name: 'parent', inverse: 'children' }],
  hierarchy: true,
  selfReference: 'parent_id',
});
const plain = personTable('plain', undefined);

const here = stage([staff, parts, plain], {
  root: { access: 'root' },
  stranger: { access: 'read' },
});

const ada = person(1, 'Ada');
const bob = person(2, 'Bob');
const cid = person(3, 'Cid');
const dot = person(4, 'Dot');
const reached = (found: object, _depth: number, _relationship_type = 'manager') => ({
  ...found,
  _depth,
  _relationship_type,
});

interface Edge {
  readonly id: string;
}

let edges: readonly Edge[];

beforeAll(async () => {
  const root = here.as('root');
  await root.call('POST', rowsAt('staff'), [ada, bob, cid, dot], 201);
  // Ada heads Bob and Cid, Bob heads Dot; Cid is Dot's mentor.
  const made = await root.call(
    'POST',
    edgesAt('staff'),
    [
      { from: 2, to: 1, type: 'manager', metadata: { since: 2020 } },
      { from_id: 3, to_id: 1, type: 'manager' },
      { from: 4, to: 2, type: 'manager' },
      { from: 4, to: 3, type: 'mentor', metadata: { since: 2024 } },
    ],
    201,
  );
  edges = made.data as readonly Edge[];
  await root.call(
    'POST',
    rowsAt('parts'),
    [
      person(1, 'Car'),
      { ...person(2, 'Door'), parent_id: 1 },
      { ...person(3, 'Lock'), parent_id: 2 },
    ],
    201,
  );
});

const get = async (path: string) => await here.as('root').call('GET', path);

describe('an org chart', () => {
  it('flat: a row with those below it, by the inverse of each type', async () => {
    expect((await get(rowsAt('staff', '1/?format=flat'))).data).toEqual({
      data: ada,
      reports: [reached(bob, 1), reached(cid, 1)],
      mentees: [],
    });
    expect(
      (await get(rowsAt('staff', '1/?format=flat&depth=2&relationship_type=manager'))).data,
    ).toEqual({
      data: ada,
      reports: [reached(bob, 1), reached(cid, 1), reached(dot, 2)],
    });
  });

  it('flat upwards and both ways, by the name of each type', async () => {
    expect((await get(rowsAt('staff', '4/?format=flat&include=ancestors&depth=2'))).data).toEqual({
      data: dot,
      manager: [reached(bob, 1), reached(ada, 2)],
      mentor: [reached(cid, 1, 'mentor')],
    });
    expect((await get(rowsAt('staff', '2/?include=both&graph_types=manager,mentor'))).data).toEqual(
      {
        data: bob,
        reports: [reached(dot, 1)],
        manager: [reached(ada, 1)],
        mentees: [],
        mentor: [],
      },
    );
  });

  it('in a list: one object a row of the page, with the number of all rows', async () => {
    const list = await get(rowsAt('staff', '?format=flat&name=Bob'));
    expect(list.data).toEqual([{ data: bob, reports: [reached(dot, 1)], mentees: [] }]);
    expect(list.total).toBe(1);
    const page = await get(rowsAt('staff', '?format=flat&page_size=1&page=2&ordering=-name'));
    expect(page.data).toEqual([{ data: cid, reports: [], mentees: [reached(dot, 1, 'mentor')] }]);
    expect(page.total).toBe(4);
    expect(page.pagination).toMatchObject({ offset: 1, limit: 1, count: 1, total_pages: 4 });
  });

  it('tree: rows within rows, one with two parents twice', async () => {
    const tree = await get(rowsAt('staff', '1/?format=tree&depth=3'));
    expect(tree.data).toEqual([
      {
        ...ada,
        _depth: 0,
        children: [
          { ...reached(bob, 1), children: [{ ...reached(dot, 2), children: [] }] },
          { ...reached(cid, 1), children: [{ ...reached(dot, 2, 'mentor'), children: [] }] },
        ],
      },
    ]);
    expect(tree.total).toBe(5);
  });

  it('graph: every row once, and the edges', async () => {
    const graph = await get(rowsAt('staff', '1/?format=graph&depth=3'));
    const { nodes, edges: found } = graph.data as { nodes: object[]; edges: Edge[] };
    expect(nodes).toEqual([ada, bob, cid, dot]);
    expect(graph.total).toBe(4);
    expect(found.map(({ id }) => id).sort()).toEqual(edges.map(({ id }) => id).sort());
    expect(found).toContainEqual({
      id: edges[0]?.id,
      from_id: 2,
      to_id: 1,
      type: 'manager',
      metadata: { since: 2020 },
    });
  });

  it('depth first sorts each row behind the one it was reached from', async () => {
    const names = async (traversal: string) => {
      const { data } = await get(rowsAt('staff', `1/?format=graph&depth=3&traversal=${traversal}`));
      return (data as { nodes: { name: string }[] }).nodes.map(({ name }) => name);
    };
    expect(await names('bfs')).toEqual(['Ada', 'Bob', 'Cid', 'Dot']);
    expect(await names('dfs')).toEqual(['Ada', 'Bob', 'Dot', 'Cid']);
  });

  it('shows of each row what the request asks for', async () => {
    const { data } = await get(
      rowsAt('staff', '2/?format=tree&fields=name&allowed_actions=update&populate=parent_id'),
    );
    expect(data).toEqual([
      {
        name: 'Bob',
        parent_id: null,
        _allowed_actions: ['update'],
        _depth: 0,
        children: [
          {
            name: 'Dot',
            parent_id: null,
            _allowed_actions: ['update'],
            _depth: 1,
            _relationship_type: 'manager',
            children: [],
          },
        ],
      },
    ]);
  });

  it('a path leads up by default', async () => {
    expect(
      (await get(rowsAt('staff', '4/?format=path&to=1&relationship_type=manager'))).data,
    ).toEqual({
      path: [dot, bob, ada],
      edges: [
        { id: edges[2]?.id, from_id: 4, to_id: 2, type: 'manager', metadata: {} },
        { id: edges[0]?.id, from_id: 2, to_id: 1, type: 'manager', metadata: { since: 2020 } },
      ],
      length: 2,
    });
    const none = { path: null, edges: [], length: null };
    expect((await get(rowsAt('staff', '1/?format=path&to=4'))).data).toEqual(none);
    expect(
      (await get(rowsAt('staff', '1/?format=path&to=4&include=descendants'))).data,
    ).toMatchObject({ length: 2 });
    expect((await get(rowsAt('staff', '4/?format=path&to=1&depth=1'))).data).toEqual(none);
    expect((await get(rowsAt('staff', '4/?format=path&to=4'))).data).toEqual({
      path: [dot],
      edges: [],
      length: 0,
    });
  });

  it('conditions on rows below and above', async () => {
    const names = async (query: string) =>
      ((await get(rowsAt('staff', query))).data as { name: string }[]).map(({ name }) => name);
    expect(await names('?id__descendants=1')).toEqual(['Bob', 'Cid', 'Dot']);
    expect(await names('?id__ancestors=4&name__ne=Bob')).toEqual(['Ada', 'Cid']);
    expect(await names('?id__descendants=999')).toEqual([]);
    await here
      .as('root')
      .refused(400, 'BAD_REQUEST', 'GET', rowsAt('staff', '?name__descendants=1'));
    await here.as('root').refused(400, 'BAD_REQUEST', 'GET', rowsAt('plain', '?id__descendants=1'));
  });
});

describe('a column that refers to the parent', () => {
  it('is followed like edges', async () => {
    const door = { ...person(2, 'Door'), parent_id: 1 };
    const lock = { ...person(3, 'Lock'), parent_id: 2 };
    expect((await get(rowsAt('parts', '1/?format=flat&depth=10'))).data).toEqual({
      data: person(1, 'Car'),
      children: [reached(door, 1, 'parent'), reached(lock, 2, 'parent')],
    });
    expect((await get(rowsAt('parts', '3/?format=path&to=1'))).data).toEqual({
      path: [lock, door, person(1, 'Car')],
      edges: [
        { id: 3, from_id: 3, to_id: 2, type: 'parent', metadata: {} },
        { id: 2, from_id: 2, to_id: 1, type: 'parent', metadata: {} },
      ],
      length: 2,
    });
  });

  it('has no edges to write, and no loops', async () => {
    const root = here.as('root');
    await root.refused(400, 'BAD_REQUEST', 'POST', edgesAt('parts'), [
      { from: 1, to: 2, type: 'parent' },
    ]);
    const loop = await root.refused(409, 'CONFLICT', 'PATCH', rowsAt('parts', '1/'), {
      parent_id: 3,
    });
    expect(loop.message).toContain('loop');
  });
});

describe('refusals', () => {
  it('of edges', async () => {
    const root = here.as('root');
    const post = (edge: object) =>
      ['POST', edgesAt('staff'), [{ type: 'manager', ...edge }]] as const;
    const unknown = await root.refused(
      400,
      'VALIDATION_ERROR',
      ...post({ from: 3, to: 99, type: 'mentor' }),
    );
    expect(unknown.message).toContain('nodes do not exist');
    await root.refused(400, 'VALIDATION_ERROR', ...post({ from: 3, to: 4, type: 'friend' }));
    await root.refused(400, 'VALIDATION_ERROR', ...post({ from: 3, to: 3, type: 'mentor' }));
    await root.refused(400, 'VALIDATION_ERROR', ...post({ to: 3 }));
    await root.refused(409, 'CONFLICT', ...post({ from: 2, to: 1 }));
    await root.refused(409, 'CONFLICT', ...post({ from: 4, to: 3 }));
    const loop = await root.refused(409, 'CONFLICT', ...post({ from: 1, to: 4 }));
    expect(loop.message).toContain('loop');
    await root.refused(400, 'BAD_REQUEST', 'POST', edgesAt('plain'), []);
    await root.refused(400, 'BAD_REQUEST', 'GET', edgesAt('plain'));
    expect((await root.call('GET', edgesAt('staff'))).total).toBe(4);
  });

  it.each([
    'format=list',
    'include=children',
    'depth=0',
    'depth=11',
    'depth=one',
    'traversal=best',
    'relationship_type=friend',
    'relationship_type=',
    'format=tree&nothing=1',
    'format=path',
    'format=path&to=',
    'format=path&to=1&depth=101',
    'format=flat&to=1',
  ])('of %s', async (query) => {
    await here.as('root').refused(400, 'BAD_REQUEST', 'GET', rowsAt('staff', `1/?${query}`));
  });

  it('of a path from many rows, and of a traversal where there is no graph', async () => {
    const root = here.as('root');
    await root.refused(400, 'BAD_REQUEST', 'GET', rowsAt('staff', '?format=path'));
    await root.refused(400, 'BAD_REQUEST', 'GET', rowsAt('plain', '1/?format=tree'));
    await root.refused(400, 'BAD_REQUEST', 'GET', rowsAt('plain', '?depth=2'));
    await root.refused(400, 'BAD_REQUEST', 'GET', rowsAt('staff_edges', '?depth=2'));
  });

  it('of rows that are not there', async () => {
    const root = here.as('root');
    for (const path of [
      '99/?format=tree',
      'x/?format=flat',
      '99/?format=path&to=1',
      '1/?format=path&to=99',
      '1/?format=path&to=x',
    ]) {
      await root.refused(404, 'NOT_FOUND', 'GET', rowsAt('staff', path));
    }
    // In mode policy nothing is there for who is not allowed anything.
    await here.as('stranger').refused(404, 'NOT_FOUND', 'GET', rowsAt('staff', '1/?format=tree'));
  });

  it('of traversals that meet more than 10,000 rows, and of none that meet as many', async () => {
    const root = here.as('root');
    const schema = `"t_${here.tenant}"`;
    await here.database.admin.query(
      `insert into ${schema}.parts (id, name, parent_id) select n, 'part', case when n > 10000 then 10000 end from generate_series(10000, 20000) as n`,
    );
    for (const form of ['flat', 'tree', 'graph']) {
      const refused = await root.refused(
        400,
        'BAD_REQUEST',
        'GET',
        rowsAt('parts', `10000/?format=${form}`),
      );
      expect(refused.message).toContain('10000');
    }
    await root.refused(400, 'BAD_REQUEST', 'GET', rowsAt('parts', '?id__descendants=10000'));
    await root.call('DELETE', rowsAt('parts', '20000/'));
    for (const form of ['tree', 'graph']) {
      expect((await get(rowsAt('parts', `10000/?format=${form}`))).total).toBe(10_000);
    }
    expect((await get(rowsAt('parts', '?id__descendants=10000&page_size=1'))).total).toBe(9999);
  });
});

describe('the same in SQL', () => {
  it('a login meets the same graph', async () => {
    const client = here.logins.client('root');
    const { rows } = await client.query("select * from tree_descendants('staff', '1')");
    expect(rows).toEqual([
      { key: '2', distance: 1 },
      { key: '3', distance: 1 },
      { key: '4', distance: 2 },
    ]);
    const path = await client.query(
      "select place, key from graph_path('staff', '4', '1', types => array['manager'])",
    );
    expect(path.rows.map(({ key }) => key)).toEqual(['4', '2', '1']);
    const stranger = here.logins.client('stranger');
    expect((await stranger.query("select * from graph_reach('staff', '1')")).rows).toEqual([]);
    await expect(client.query("select * from graph_reach('plain', '1')")).rejects.toMatchObject({
      code: 'RH204',
    });
    await expect(
      client.query("select * from graph_reach('staff', '1', 'up')"),
    ).rejects.toMatchObject({ code: 'RH100' });
  });
});
