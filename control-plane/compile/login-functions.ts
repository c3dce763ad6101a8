import { ident, literal, sql } from '../base/sql.ts';
import type { FunctionFacts } from './function-facts.ts';
import { tenantSchema } from './names.ts';

const rights =
  '"read" text[] default null, edit text[] default null, "full" text[] default null, ' +
  '"delete" text[] default null, deny text[] default null';

const lists = `${rights}, authors text[] default null`;

/** What whoever speaks SQL in a tenant may call: rows in lists, sharing, restoring, graphs. */
export function loginFunctions(slug: string): readonly FunctionFacts[] {
  const s = ident(tenantSchema(slug));
  const tenant = literal(slug);
  return [
    {
      name: 'put',
      args: `"table" text, "row" jsonb, ${rights}`,
      returns: 'jsonb',
      volatility: 'volatile',
      body: sql`begin
  return rowhouse.put(${tenant}, $1, $2, $3, $4, $5, $6, $7);
end`,
      about:
        'Mode lists: makes the row, or replaces the columns and lists named, whether the caller may read it or not.',
    },
    {
      name: 'change',
      args: `"table" text, key text, "row" jsonb default null, ${rights}`,
      returns: 'boolean',
      volatility: 'volatile',
      body: sql`begin
  return rowhouse.change(${tenant}, $1, $2, $3, $4, $5, $6, $7, $8);
end`,
      about:
        'Mode lists: sets the columns and lists named of a row, whether the caller may read it or not. False: not a writer, or no such row.',
    },
    {
      name: 'remove',
      args: '"table" text, key text',
      returns: 'boolean',
      volatility: 'volatile',
      body: sql`begin
  return rowhouse.remove(${tenant}, $1, $2);
end`,
      about:
        'Mode lists: deletes a row, whether the caller may read it or not. False: not a deleter, or no such row.',
    },
    {
      name: 'acl',
      args: lists,
      returns: 'integer',
      volatility: 'volatile',
      body: sql`begin
  return ${s}._rowhouse_acl($1, $2, $3, $4, $5, $6);
end`,
      about: 'For the _acl of an insert or update: acl(read => array[...], edit => array[...]).',
    },
    {
      name: 'share',
      args: `"table" text, key text, ${lists}, mode text default 'set'`,
      returns: 'jsonb',
      volatility: 'volatile',
      body: sql`begin
  return rowhouse.share(${tenant}, $1, $2, $3, $4, $5, $6, $7, $8, $9);
end`,
      about:
        'Changes the access lists of a row. mode set: named lists replace; replace: others become empty; merge: adds members.',
    },
    {
      name: 'restore',
      args: '"table" text, key text',
      returns: 'boolean',
      volatility: 'volatile',
      body: sql`begin
  return rowhouse.restore(${tenant}, $1, $2);
end`,
      about: 'Takes a trashed row back.',
    },
    {
      name: 'graph_reach',
      args: `"table" text, node text, direction text default 'descendants', depth integer default null, types text[] default null`,
      returns: 'table (key text, distance integer)',
      volatility: 'stable',
      body: sql`begin
  return query select r.key, r.distance from rowhouse.graph_reach(${tenant}, $1, $2, $3, $4, $5) as r;
end`,
      about:
        'Rows reached from a row along edges, nearest first, itself included. direction: descendants, ancestors or both.',
    },
    {
      name: 'graph_path',
      args: `"table" text, source text, target text, direction text default 'ancestors', types text[] default null, weight text default null, depth integer default null`,
      returns: 'table (place integer, key text, edge json, cost numeric)',
      volatility: 'stable',
      body: sql`begin
  return query select p.place, p.key, p.edge, p.cost from rowhouse.graph_path(${tenant}, $1, $2, $3, $4, $5, $6, coalesce($7, 100)) as p;
end`,
      about:
        'A shortest path between two rows, node by node with the edge that leads there; with weight the cheapest one.',
    },
    {
      name: 'tree_descendants',
      args: `"table" text, node text, depth integer default null`,
      returns: 'table (key text, distance integer)',
      volatility: 'stable',
      body: sql`begin
  return query select r.key, r.distance from rowhouse.graph_reach(${tenant}, $1, $2, 'descendants', $3, null) as r where r.distance > 0;
end`,
      about: 'Rows below a row, nearest first.',
    },
    {
      name: 'tree_ancestors',
      args: `"table" text, node text, depth integer default null`,
      returns: 'table (key text, distance integer)',
      volatility: 'stable',
      body: sql`begin
  return query select r.key, r.distance from rowhouse.graph_reach(${tenant}, $1, $2, 'ancestors', $3, null) as r where r.distance > 0;
end`,
      about: 'Rows above a row, nearest first.',
    },
    {
      name: 'access_of',
      args: '"table" text, key text',
      returns: 'jsonb',
      volatility: 'stable',
      definer: true,
      body: sql`begin
  return rowhouse.access_of(${tenant}, $1, $2);
end`,
      about: 'The access lists of a row and what the caller may do with it.',
    },
  ];
}
