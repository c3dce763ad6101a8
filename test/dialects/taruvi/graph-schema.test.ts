/** Graphs as schemas say them: edge tables come, change and go with their tables. */
import { describe, expect, it } from 'vitest';
import { rowsAt, stage } from './stage.ts';

const here = stage([], { root: { access: 'root', sudo: true } });

const tables = '/default/datatables/';
const fields = [
  { name: 'id', type: 'integer' },
  { name: 'name', type: 'string' },
  { name: 'boss_id', type: 'integer' },
];
const foreignKeys = [
  {
    fields: 'boss_id',
    reference: { resource: '', fields: 'id' },
    'x-actions': { onDelete: 'SET NULL' },
  },
];

async function define(name: string, rest: object, status = 201) {
  const json_schema = { fields, primaryKey: 'id', ...rest };
  return await here.as('root').call('POST', tables, { name, json_schema }, status);
}

async function change(name: string, rest: object) {
  const json_schema = { fields, primaryKey: 'id', ...rest };
  return await here.as('root').send('PATCH', `${tables}${name}/`, { json_schema });
}

/** The same where stored values may go. */
async function changeAnyway(name: string, rest: object) {
  const schema = { fields, primaryKey: 'id', ...rest };
  const path = `${tables}create_schema/?materialize=true&allow_data_loss=true`;
  return await here.as('root').send('POST', path, { resources: [{ name, schema }] });
}

const edge = (from: number, to: number, type: string) => [{ from, to, type }];
const edgesAt = (table: string) => `${tables}${table}/edges/`;

describe('hierarchy', () => {
  it('makes an edge table of parents and children without loops', async () => {
    const root = here.as('root');
    await define('units', { hierarchy: true });
    await root.call('POST', rowsAt('units'), [{ id: 1 }, { id: 2 }, { id: 3 }], 201);
    await root.call('POST', edgesAt('units'), edge(2, 1, 'parent'), 201);
    await root.call('POST', edgesAt('units'), edge(3, 2, 'parent'), 201);
    await root.refused(409, 'CONFLICT', 'POST', edgesAt('units'), edge(1, 3, 'parent'));
    const { data } = await root.call('GET', rowsAt('units', '1/?format=flat&depth=5&fields=id'));
    expect(data).toMatchObject({ data: { id: 1 }, children: [{ id: 2 }, { id: 3 }] });
    const listed = await root.send('GET', tables);
    expect(JSON.stringify(listed.body)).toContain('units_edges');
  });

  it('goes and comes back with its table', async () => {
    const root = here.as('root');
    expect((await root.send('DELETE', `${tables}units/`)).status).toBe(204);
    await root.refused(404, 'NOT_FOUND', 'GET', rowsAt('units_edges'));
    await root.call('POST', `${tables}units/restore/`, {});
    expect((await root.call('GET', rowsAt('units_edges'))).total).toBe(2);
  });
});

describe('graph', () => {
  const graph = (...names: readonly string[]) => ({
    graph: { enabled: true, types: names.map((name) => ({ name, inverse: `${name}_by` })) },
  });

  it('may be added, and take and lose types', async () => {
    const root = here.as('root');
    await define('people', {});
    await root.call('POST', rowsAt('people'), [{ id: 1 }, { id: 2 }], 201);
    await root.refused(400, 'BAD_REQUEST', 'POST', edgesAt('people'), edge(1, 2, 'likes'));
    expect((await change('people', graph('likes'))).status).toBe(200);
    await root.call('POST', edgesAt('people'), edge(1, 2, 'likes'), 201);
    await root.refused(400, 'VALIDATION_ERROR', 'POST', edgesAt('people'), edge(1, 2, 'knows'));
    expect((await change('people', graph('likes', 'knows'))).status).toBe(200);
    await root.call('POST', edgesAt('people'), edge(1, 2, 'knows'), 201);
    // Edges of a type that goes: not without the word.
    const kept = await change('people', graph('knows'));
    expect(kept.status).toBe(400);
    expect((await root.call('GET', edgesAt('people'))).total).toBe(2);
    expect((await changeAnyway('people', graph('knows'))).status).toBe(200);
    expect((await root.call('GET', edgesAt('people'))).data).toMatchObject([{ type: 'knows' }]);
    // A type without edges may go at any time.
    expect((await change('people', graph('knows', 'hates'))).status).toBe(200);
    expect((await change('people', graph('knows'))).status).toBe(200);
    expect((await change('people', {})).status).toBe(400);
    expect((await changeAnyway('people', {})).status).toBe(200);
    await root.refused(404, 'NOT_FOUND', 'GET', rowsAt('people_edges'));
  });

  it('by a foreign key of its own', async () => {
    const root = here.as('root');
    await define('crew', { foreignKeys, graph: { self_reference: 'boss_id' }, hierarchy: true });
    await root.call('POST', rowsAt('crew'), [{ id: 1 }, { id: 2, boss_id: 1 }], 201);
    const { data } = await root.call('GET', rowsAt('crew', '1/?format=tree&fields=id'));
    expect(data).toMatchObject([{ id: 1, children: [{ id: 2, _relationship_type: 'parent' }] }]);
    await root.refused(409, 'CONFLICT', 'PATCH', rowsAt('crew', '1/'), { boss_id: 2 });
    await root.refused(400, 'BAD_REQUEST', 'POST', edgesAt('crew'), edge(1, 2, 'parent'));
    await root.refused(404, 'NOT_FOUND', 'GET', rowsAt('crew_edges'));
  });

  it('with limits, names alone, and uuid keys', async () => {
    const root = here.as('root');
    await root.call(
      'POST',
      tables,
      {
        name: 'chairs',
        json_schema: {
          fields: [{ name: 'label', type: 'string' }],
          graph: {
            edge_types: ['beside'],
            types: [{ name: 'beside', inverse: 'beside', constraints: { max_outgoing: 1 } }],
          },
        },
      },
      201,
    );
    const made = await root.call(
      'POST',
      rowsAt('chairs'),
      [{ label: 'a' }, { label: 'b' }, { label: 'c' }],
      201,
    );
    const [a, b, c] = (made.data as { id: string }[]).map(({ id }) => id);
    await root.call('POST', edgesAt('chairs'), [{ from: a, to: b, type: 'beside' }], 201);
    await root.refused(409, 'CONFLICT', 'POST', edgesAt('chairs'), [
      { from: a, to: c, type: 'beside' },
    ]);
    const { data } = await root.call('GET', rowsAt('chairs', `${b}/?include=both&fields=label`));
    expect(data).toEqual({
      data: { label: 'b' },
      beside: [{ label: 'a', _depth: 1, _relationship_type: 'beside' }],
    });
    await root.refused(400, 'VALIDATION_ERROR', 'POST', edgesAt('chairs'), [
      { from: 'x', to: c, type: 'beside' },
    ]);
    await root.refused(404, 'NOT_FOUND', 'GET', rowsAt('chairs', 'x/?format=tree'));
  });

  it.each([
    ['hierarchy', { hierarchy: 'yes' }],
    ['graph', { graph: [] }],
    ['graph.enabled', { graph: { enabled: 1 } }],
    ['graph.types', { graph: { types: [] } }],
    ['graph.types.0.name', { graph: { types: [{ inverse: 'x' }] } }],
    ['graph.types.0.name', { graph: { types: [{ name: 'a,b', inverse: 'x' }] } }],
    ['graph.types.0.inverse', { graph: { types: [{ name: 'x', inverse: 'data' }] } }],
    [
      'graph.types.1.name',
      {
        graph: {
          types: [
            { name: 'x', inverse: 'y' },
            { name: 'x', inverse: 'z' },
          ],
        },
      },
    ],
    [
      'graph.types.0.constraints.max_depth',
      { graph: { types: [{ name: 'x', constraints: { max_depth: 1 } }] } },
    ],
    [
      'graph.types.0.constraints.max_outgoing',
      { graph: { types: [{ name: 'x', constraints: { max_outgoing: 0 } }] } },
    ],
    ['graph.self_reference', { graph: { self_reference: 'name' } }],
    ['graph', { graph: {}, primaryKey: ['id', 'name'] }],
  ])('refuses what is wrong at %s', async (place, rest) => {
    const json_schema = { fields, primaryKey: 'id', ...rest };
    const error = await here
      .as('root')
      .refused(400, 'VALIDATION_ERROR', 'POST', tables, { name: 'faulty', json_schema });
    expect(Object.keys(error.errors ?? {}).join()).toContain(place);
  });
});
