import { type Places, password, rowId } from './furnish.ts';
import type { Sample } from './request.ts';

const doc = { schema: 'doc', id: rowId(1) };
const docs = { schema: 'doc' };
const children = { ...doc, relationship: 'parts' };
const where = {
  $and: [
    { amount: { $gte: 0, $lt: 50 } },
    { $or: [{ code: { $like: 'A%' } }, { note: { $regex: '^p' } }, { tags: { $any: ['x'] } }] },
    { $not: { code: { $in: ['Z', 'Y'] } } },
  ],
};
const bulk = [
  { operation: 'select-all', schema: 'doc', filters: { where: { amount: 1 } } },
  { operation: 'update', schema: 'doc', id: rowId(2), data: { note: 'bulk' } },
  { operation: 'create', schema: 'doc', data: { note: 'made' } },
  { operation: 'aggregate', schema: 'doc', aggregate: { n: { $count: '*' } } },
];

/** Query parameters that some route of the dialect knows. */
export const monkWords: readonly (readonly [string, string])[] = [
  ['where', JSON.stringify(where)],
  ['order', 'amount desc,code asc'],
  ['limit', '2'],
  ['offset', '1'],
  ['count', 'true'],
  ['after', rowId(1)],
  ['select', 'code,note'],
  ['include_trashed', 'true'],
  ['include_deleted', 'true'],
  ['permanent', 'true'],
  ['stat', 'false'],
  ['access', 'false'],
  ['unwrap', 'true'],
];

/** A success for each route of the Monk dialect. */
export function monkSamples(at: Places): Readonly<Record<string, readonly Sample[]>> {
  const { tenant } = at;
  return {
    'POST /auth/login': [{ body: { tenant, username: 'extra', password } }],
    'POST /auth/register': [
      { body: { tenant: `${tenant}_r`, username: 'first', password, template: 'empty' } },
    ],
    'POST /auth/refresh': [{ body: { token: at.token } }],
    'POST /api/auth/sudo': [{ body: { reason: 'to see' } }],
    'POST /api/sudo/users': [
      { body: { name: 'Nan', auth: 'nan', access: 'edit', roles: ['a'], orgs: ['b'], password } },
    ],
    'GET /api/sudo/users/:id': [{ params: { id: at.account } }],
    'PATCH /api/sudo/users/:id': [
      { params: { id: at.account }, body: { name: 'M', roles: ['r'] } },
    ],
    'DELETE /api/sudo/users/:id': [{ params: { id: at.account } }],
    'GET /api/describe/:schema': [{ params: docs }],
    'POST /api/describe/:schema': [
      {
        params: { schema: 'fresh' },
        body: {
          status: 'active',
          description: 'new',
          columns: [
            {
              column_name: 'a',
              type: 'text',
              pattern: '^a*$',
              default_value: 'aa',
              required: true,
            },
            { column_name: 'b', type: 'integer', minimum: 1, maximum: 9, enum_values: ['1', '2'] },
            {
              column_name: 'c',
              type: 'uuid',
              relationship_type: 'referenced',
              related_schema: 'doc',
              relationship_name: 'freshes',
            },
          ],
        },
      },
    ],
    'PUT /api/describe/:schema': [
      { params: { schema: 'spare' }, body: { description: 'x', freeze: false } },
    ],
    'DELETE /api/describe/:schema': [
      { params: { schema: 'fresh' } },
      { params: { schema: 'spare' } },
    ],
    'POST /api/describe/:schema/:column': [
      {
        params: { schema: 'spare', column: 'c' },
        body: { type: 'text', pattern: '^x', unique: true },
      },
    ],
    'GET /api/describe/:schema/:column': [{ params: { schema: 'doc', column: 'code' } }],
    'PUT /api/describe/:schema/:column': [
      { params: { schema: 'spare', column: 'a' }, body: { index: true, description: 'd' } },
    ],
    'DELETE /api/describe/:schema/:column': [{ params: { schema: 'spare', column: 'b' } }],
    'GET /api/data/:schema': [
      { params: docs },
      { params: docs, query: { where: JSON.stringify(where), order: 'amount desc', limit: '2' } },
    ],
    'POST /api/data/:schema': [
      { params: docs, body: [{ note: 'n', amount: 1, tags: ['t'], meta: { a: [1] } }] },
      { params: { schema: 'part' }, body: { note: 'n', doc_id: rowId(1), access_read: ['ann'] } },
    ],
    'PUT /api/data/:schema': [
      {
        params: docs,
        body: [
          { id: rowId(1), note: 'n' },
          { id: rowId(2), amount: 2 },
        ],
      },
      { params: docs, query: { where: JSON.stringify({ code: 'A' }) }, body: { note: 'n' } },
    ],
    'PATCH /api/data/:schema': [{ params: docs, body: [{ id: rowId(2), note: 'p' }] }],
    'DELETE /api/data/:schema': [
      { params: docs, query: { where: JSON.stringify({ note: 'made' }) } },
      { params: docs, body: [rowId(3)] },
    ],
    'GET /api/data/:schema/:id': [{ params: doc }],
    'PUT /api/data/:schema/:id': [{ params: doc, body: { note: 'x', meta: { a: 1 }, price: 2.5 } }],
    'PATCH /api/data/:schema/:id': [{ params: doc, body: { day: '2024-02-29T12:00:00Z' } }],
    'DELETE /api/data/:schema/:id': [{ params: { ...docs, id: rowId(8) } }],
    'GET /api/data/:schema/:id/:relationship': [{ params: children }],
    'POST /api/data/:schema/:id/:relationship': [{ params: children, body: { note: 'child' } }],
    'DELETE /api/data/:schema/:id/:relationship': [
      { params: { ...docs, id: rowId(3), relationship: 'parts' } },
    ],
    'GET /api/data/:schema/:id/:relationship/:child': [
      { params: { ...children, child: rowId(11) } },
    ],
    'PUT /api/data/:schema/:id/:relationship/:child': [
      { params: { ...children, child: rowId(11) }, body: { note: 'c' } },
    ],
    'PATCH /api/data/:schema/:id/:relationship/:child': [
      { params: { ...children, child: rowId(11) }, body: { note: 'd' } },
    ],
    'DELETE /api/data/:schema/:id/:relationship/:child': [
      { params: { ...children, child: rowId(12) } },
    ],
    'POST /api/find/:schema': [
      {
        params: docs,
        body: {
          where,
          select: ['code', 'meta'],
          order: ['amount desc'],
          limit: 5,
          offset: 0,
          count: true,
        },
      },
      { params: docs, body: { where: { $search: { query: 'plain', fields: ['note'] } } } },
      {
        params: docs,
        body: { where: { 'meta.a.b': { $exists: true }, price: { $between: [0, 9] } } },
      },
    ],
    'POST /api/aggregate/:schema': [
      {
        params: docs,
        body: {
          aggregate: {
            n: { $count: '*' },
            s: { $sum: 'price' },
            a: { $avg: 'amount' },
            d: { $distinct: 'code' },
          },
          groupBy: ['fine'],
          where,
        },
      },
    ],
    'POST /api/bulk': [{ body: { operations: bulk } }],
    'GET /api/acls/:schema/:id': [{ params: doc }],
    'POST /api/acls/:schema/:id': [{ params: doc, body: { access_read: ['ann', 'boss'] } }],
    'PUT /api/acls/:schema/:id': [{ params: doc, body: { access_read: [], access_edit: ['ann'] } }],
    'DELETE /api/acls/:schema/:id': [{ params: doc }],
    'POST /api/acls/:schema': [
      {
        params: docs,
        body: { where: { code: 'A' }, acl_update: { access_read: { $add: ['ann'] } } },
      },
    ],
    'PUT /api/acls/:schema': [
      { params: docs, body: { where: { code: 'A' }, acl_update: { access_read: [] } } },
    ],
    'GET /api/stat/:schema/:id': [{ params: doc }],
    'GET /api/history/:schema/:id': [{ params: doc, query: { limit: '5' } }],
    'GET /api/history/:schema/:id/:change': [{ params: { ...doc, change: at.change } }],
    'GET /api/trashed/:schema': [{ params: docs }],
    'POST /api/trashed/:schema': [{ params: docs, body: [rowId(4)] }],
    'DELETE /api/trashed/:schema': [{ params: docs, body: [rowId(5)] }],
    'GET /api/trashed/:schema/:id': [{ params: { ...docs, id: rowId(6) } }],
    'POST /api/trashed/:schema/:id': [{ params: { ...docs, id: rowId(6) } }],
    'DELETE /api/trashed/:schema/:id': [{ params: { ...docs, id: rowId(7) } }],
  };
}
