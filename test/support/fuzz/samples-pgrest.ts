import type { Places } from './furnish.ts';
import type { Sample } from './request.ts';

const pets = { root: 'pets' };
const where = {
  age: { operator: '>=', value: 1 },
  name: { operator: 'in', value: ['rex', 'ufo'] },
};

/** Query parameters that some route of the dialect knows. */
export const pgrestWords: readonly (readonly [string, string])[] = [
  ['limit', '2'],
  ['offset', '1'],
  ['order', 'age,DESC'],
  ['where', JSON.stringify({ age: { operator: '<', value: 9 } })],
  ['age.gt', '1'],
  ['age.between', '1,9'],
  ['name.like', 'r%'],
  ['name.in', 'rex,ufo'],
  ['name.isnull', 'true'],
  ['list.eq', '{1,2}'],
  ['details', 'true'],
  ['search', 'rex'],
];

/** A success for each route of the PgREST dialect. */
export function pgrestSamples(at: Places): Readonly<Record<string, readonly Sample[]>> {
  const base = '/v3/pgrest';
  const manage = `${base}/manage`;
  const table = {
    table_name: 'cages',
    root_url: 'cage',
    comments: 'new',
    enums: { kind: ['A', 'B'] },
    endpoints: ['GET_ONE', 'GET_ALL', 'CREATE', 'UPDATE', 'DELETE'],
    constraints: { unique: { one: ['a', 'k'] } },
    columns: {
      a: { data_type: 'varchar', char_len: 20, unique: true, null: false, default: 'x' },
      k: { data_type: 'kind', null: true },
      n: { data_type: 'integer', null: true, primary_key: false },
      pet: {
        data_type: 'integer',
        null: true,
        foreign_key: true,
        reference_table: 'pets',
        reference_column: 'pets_id',
        on_event: 'ON DELETE',
        event_action: 'SET NULL',
      },
      at: { data_type: 'timestamp', null: true, default: 'CREATETIME' },
    },
  };
  const roles = ['/manage/roles', '/roles'].flatMap((path): [string, readonly Sample[]][] => [
    [`POST ${base}${path}`, [{ body: { role_name: `PGREST_${path.length}`, description: 'd' } }]],
    [`GET ${base}${path}/:role`, [{ params: { role: 'PGREST_OWN' } }]],
    [
      `POST ${base}${path}/:role`,
      [{ params: { role: 'PGREST_OWN' }, body: { username: 'ann', method: 'grant' } }],
    ],
  ]);
  return {
    [`POST ${manage}/tables`]: [{ body: table }],
    [`GET ${manage}/tables/:id`]: [{ params: { id: at.pets }, query: { details: 'true' } }],
    [`PUT ${manage}/tables/:id`]: [
      { params: { id: at.spare }, body: { comments: 'changed' } },
      { params: { id: at.spare }, body: { add_column: { z: { data_type: 'text', null: true } } } },
      { params: { id: at.spare }, body: { column_type: 'a,varchar' } },
      { params: { id: at.spare }, body: { set_default: 'a,q' } },
    ],
    [`DELETE ${manage}/tables/:id`]: [{ params: { id: at.spare } }],
    [`POST ${manage}/views`]: [
      {
        body: {
          view_name: 'over',
          raw_sql:
            "as select name, count(*) as n, max(age) + 1 as m from pets p where age > 1 and name <> 'x' group by name order by 2",
        },
      },
      {
        body: {
          view_name: 'parts',
          select_query: 'name, age as a',
          from_table: 'pets',
          where_query: "age < 9 and name like 'r%'",
          permission_rules: ['PGREST_OWN'],
          endpoints: ['GET_ALL'],
        },
      },
    ],
    [`GET ${manage}/views/:view`]: [{ params: { view: at.seen }, query: { details: 'true' } }],
    [`PUT ${manage}/views/:view`]: [{ params: { view: 'extra' }, body: { comments: 'changed' } }],
    [`DELETE ${manage}/views/:view`]: [{ params: { view: 'extra' } }],
    [`GET ${manage}/views/:view/refresh`]: [{ params: { view: 'stored' } }],
    [`POST ${manage}/views/:view/refresh`]: [{ params: { view: 'stored' } }],
    ...Object.fromEntries(roles),
    [`GET ${base}/data/:root`]: [
      { params: pets, query: { 'age.gte': '1', order: 'age,DESC', limit: '5' } },
      { params: pets, query: { where: JSON.stringify(where) } },
    ],
    [`POST ${base}/data/:root`]: [
      {
        params: pets,
        body: {
          data: { name: 'new', age: 4, list: [1, 2], size: 'BIG', seen: '2024-01-01T00:00:00' },
        },
      },
      { params: pets, body: { data: [{ name: 'a' }, { name: 'b' }] } },
    ],
    [`PUT ${base}/data/:root`]: [{ params: pets, body: { data: { age: 5 }, where } }],
    [`GET ${base}/data/:root/:id`]: [{ params: { ...pets, id: '1' } }],
    [`PUT ${base}/data/:root/:id`]: [{ params: { ...pets, id: '1' }, body: { data: { age: 6 } } }],
    [`DELETE ${base}/data/:root/:id`]: [{ params: { ...pets, id: '2' } }],
    [`GET ${base}/views/:root`]: [
      { params: { root: 'seen' }, query: { 'age.lt': '80', order: 'name,ASC' } },
    ],
  };
}
