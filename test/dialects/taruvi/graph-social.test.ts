/** A social graph over HTTP: rings, the cheapest ways, and edges as rows. */
import { beforeAll, describe, expect, it } from 'vitest';
import { personTable } from '../../support/graph.ts';
import { edgesAt, person, rowsAt, stage } from './stage.ts';

const members = personTable('members', {
  types: [{ name: 'follows', inverse: 'followers' }],
  hierarchy: false,
});

const here = stage([members, personTable('plain', undefined)], { root: { access: 'root' } });

interface Edge {
  readonly id: string;
}

const get = async (path: string) => await here.as('root').call('GET', path);

describe('a social graph', () => {
  const people = Array.from({ length: 6 }, (_, at) => person(at + 1, `p${at + 1}`));

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
