/** Org chart and social graph over HTTP: traversals, paths, edges and their refusals. */
import { beforeAll, describe, expect, it } from 'vitest';
import { personTable } from '../../support/graph.ts';
import { rowsAt, stage } from './stage.ts';

const staff = personTable('staff', {
  types: [
    { name: 'manager', inverse: 'reports', maxOutgoing: 1 },
    { name: 'mentor', inverse: 'mentees' },
  ],
  hierarchy: true,
});
const members = personTable('members', {
  types: [{ name: 'follows', inverse: 'followers' }],
  hierarchy: false,
});
const parts = personTable('parts', {
  types: [{ name: 'parent', inverse: 'children' }],
  hierarchy: true,
  selfReference: 'parent_id',
});
const plain = personTable('plain', undefined);

const here = stage([staff, members, parts, plain], {
  root: { access: 'root' },
  stranger: { access: 'read' },
});

const edgesAt = (table: string, rest = ''): string => `/default/datatables/${table}/edges/${rest}`;

const row = (id: number, name: string) => ({ id, name, parent_id: null });
const ada = row(1, 'Ada');
const bob = row(2, 'Bob');
const cid = row(3, 'Cid');
const dot = row(4, 'Dot');
const reached = (person: object, _depth: number, _relationship_type = 'manager') => ({
  ...person,
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
    [row(1, 'Car'), { ...row(2, 'Door'), parent_id: 1 }, { ...row(3, 'Lock'), parent_id: 2 }],
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
    const door = { ...row(2, 'Door'), parent_id: 1 };
    const lock = { ...row(3, 'Lock'), parent_id: 2 };
    expect((await get(rowsAt('parts', '1/?format=flat&depth=10'))).data).toEqual({
      data: row(1, 'Car'),
      children: [reached(door, 1, 'parent'), reached(lock, 2, 'parent')],
    });
    expect((await get(rowsAt('parts', '3/?format=path&to=1'))).data).toEqual({
      path: [lock, door, row(1, 'Car')],
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

describe('a social graph', () => {
  const people = Array.from({ length: 6 }, (_, at) => row(at + 1, `p${at + 1}`));

  beforeAll(async () => {
    const root = here.as('root');
    await root.call('POST', rowsAt('members'), people, 201);
    const follows = (from: number, to: number, closeness?: number) => ({
      from,
      to,
      type: 'follows',
      ...(closeness === undefined ? {} : { metadata: { closeness } }),
    });
    await root.call(
      'POST',
      edgesAt('members'),
      // A ring of five with a dear short cut; nobody follows the sixth.
      [
        follows(1, 2),
        follows(2, 3, 0.5),
        follows(3, 4),
        follows(4, 5),
        follows(5, 1),
        follows(1, 4, 9),
      ],
      201,
    );
  });

  it('a ring ends where it began', async () => {
    const { data } = await get(rowsAt('members', '1/?format=flat&include=ancestors&depth=10'));
    const { follows } = data as { follows: { id: number; _depth: number }[] };
    expect(follows.map(({ id, _depth }) => [id, _depth])).toEqual([
      [2, 1],
      [4, 1],
      [3, 2],
      [5, 2],
    ]);
  });

  it('the shortest way is not the cheapest', async () => {
    const ids = async (query: string) => {
      const { data } = await get(rowsAt('members', query));
      const { path, length, cost } = data as {
        path: { id: number }[];
        length: number;
        cost?: number;
      };
      return { path: path.map(({ id }) => id), length, ...(cost === undefined ? {} : { cost }) };
    };
    expect(await ids('1/?format=path&to=4')).toEqual({ path: [1, 4], length: 1 });
    expect(await ids('1/?format=path&to=4&weight=closeness')).toEqual({
      path: [1, 2, 3, 4],
      length: 3,
      cost: 2.5,
    });
    expect(await ids('1/?format=path&to=4&weight=closeness&depth=2')).toEqual({
      path: [1, 4],
      length: 1,
      cost: 9,
    });
    const { data } = await get(rowsAt('members', '1/?format=path&to=6&weight=closeness'));
    expect(data).toEqual({ path: null, edges: [], length: null, cost: null });
  });

  it('a weight that is no number from 0 is refused', async () => {
    const root = here.as('root');
    const made = await root.call(
      'POST',
      edgesAt('members'),
      { from: 6, to: 1, type: 'follows', metadata: { closeness: -1 } },
      201,
    );
    await root.refused(
      400,
      'BAD_REQUEST',
      'GET',
      rowsAt('members', '6/?format=path&to=4&weight=closeness'),
    );
    const { id } = made.data as Edge;
    await root.call('PATCH', edgesAt('members', `${id}/`), { metadata: { closeness: 'near' } });
    await root.refused(
      400,
      'BAD_REQUEST',
      'GET',
      rowsAt('members', '6/?format=path&to=4&weight=closeness'),
    );
    await root.call('DELETE', edgesAt('members'), { edge_ids: [id] });
  });

  it('edges are listed, filtered, changed and deleted as rows', async () => {
    const root = here.as('root');
    const list = await root.call('GET', edgesAt('members', '?from_id=1&ordering=to_id'));
    expect(list.data).toMatchObject([{ to_id: 2 }, { to_id: 4, metadata: { closeness: 9 } }]);
    expect(list.total).toBe(2);
    const same = await root.call('GET', rowsAt('members_edges', '?from_id=1&ordering=to_id'));
    expect(same.data).toEqual(list.data);
    const [first] = list.data as Edge[];
    expect(first).toMatchObject({ created_by_id: 'root', type: 'follows' });
    const changed = await root.call('PATCH', edgesAt('members', `${first?.id}/`), { to: 3 });
    expect(changed.data).toMatchObject({ from_id: 1, to_id: 3 });
    const gone = await root.call('DELETE', edgesAt('members'), { edge_ids: [first?.id] });
    expect(gone).toMatchObject({ data: { deleted: 1 }, deleted: 1 });
    const again = await root.call('DELETE', rowsAt('members_edges'), { edge_ids: [first?.id] });
    expect(again.deleted).toBe(0);
    await root.refused(400, 'BAD_REQUEST', 'DELETE', edgesAt('members'), { edge_ids: [] });
    await root.refused(400, 'BAD_REQUEST', 'DELETE', edgesAt('members'));
    await root.refused(400, 'BAD_REQUEST', 'DELETE', rowsAt('plain'), { edge_ids: ['1'] });
    expect((await root.call('GET', edgesAt('members'))).total).toBe(5);
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
