import { ServiceError } from '../../base/errors.ts';
import { dependentsOf } from '../../model/dependents.ts';
import type { Table } from '../../model/table.ts';
import type { Action, DialectRequest, RouteContext } from '../dialect.ts';
import { requireDone } from '../outcome.ts';
import { parseChange } from './changes.ts';
import { parseTable } from './definition.ts';
import { refuse } from './errors.ts';
import { byNumber, tablesOf } from './names.ts';
import { boolean, page, params } from './params.ts';
import { reply } from './reply.ts';
import { createdObject, createSchema, details, tableObject, updateSchema } from './table-object.ts';

export function listTables({ query }: DialectRequest, { catalog, limits }: RouteContext): Action {
  const sent = params(query, ['details', 'limit', 'offset']);
  const full = boolean(sent, 'details');
  const { limit, offset } = page(sent, limits.rows);
  const shown = tablesOf(catalog)
    .toSorted((a, b) => a.id - b.id)
    .slice(offset, offset + limit)
    .map((table) => ({ ...tableObject(table, catalog), ...(full ? details(table) : {}) }));
  return { kind: 'reply', reply: reply(shown) };
}

export function postTable({ body, query }: DialectRequest, { catalog }: RouteContext): Action {
  params(query, []);
  const { table, enums } = parseTable(body, catalog);
  return {
    kind: 'definition',
    definition: { kind: 'create_table', table, enums },
    reply: ({ table: made }) => reply(made ? createdObject(made) : null),
    fail: explained,
  };
}

export function getTable(request: DialectRequest, { catalog }: RouteContext): Action {
  const sent = params(request.query, ['details']);
  const full = boolean(sent, 'details');
  const table = byNumber(catalog, request.params['id'] ?? '');
  const more = full
    ? {
        ...details(table),
        'create schema': createSchema(table),
        'update schema': updateSchema(table),
      }
    : {};
  return { kind: 'reply', reply: reply({ ...tableObject(table, catalog), ...more }) };
}

/** Tables of other apps and datasources are read here, and changed where they were made. */
function owned(table: Table): Table {
  if (table.app === 'default' && table.datasource === 'default') return table;
  return refuse('This table belongs to another service: change it there', table.name);
}

export function putTable(request: DialectRequest, { catalog }: RouteContext): Action {
  params(request.query, []);
  const table = owned(byNumber(catalog, request.params['id'] ?? ''));
  const change = parseChange(request.body, table, catalog);
  if (!change) return { kind: 'reply', reply: reply(null, 'no updates requested') };
  return {
    kind: 'definition',
    definition: { kind: 'change_table', from: table, to: change.to, allowDataLoss: 'dropped' },
    reply: (outcome) => {
      requireDone(outcome);
      return reply(null, `Table put successfully. The ${change.told}.`);
    },
    fail: explained,
  };
}

export function deleteTable(request: DialectRequest, { catalog }: RouteContext): Action {
  const cascade = boolean(params(request.query, ['cascade']), 'cascade');
  const table = owned(byNumber(catalog, request.params['id'] ?? ''));
  const { views, references } = dependentsOf(catalog, table);
  const gone = [
    ...views.map(({ name }) => `view ${name}`),
    ...references.map((each) => `foreign key of ${each.table.name}`),
  ];
  const more = gone.length === 0 ? '' : ` Dropped with it: ${gone.join(', ')}.`;
  return {
    kind: 'definition',
    definition: {
      kind: 'drop_table',
      table,
      retain: false,
      dependents: cascade ? 'drop' : 'refuse',
    },
    reply: () => reply(null, `Table deleted successfully.${more}`),
    fail: explained,
  };
}

/** A table that somebody else has dropped meanwhile is not found; the rest is said as it is. */
function explained(error: ServiceError): ServiceError {
  if (error.kind !== 'table_not_found') return error;
  return new ServiceError('relation_not_found', error.message, error.detail);
}
