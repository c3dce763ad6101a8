import type { Catalog } from '../../model/catalog.ts';
import type { Table } from '../../model/table.ts';
import type { Output, OutputItem, Right } from '../../statement/output.ts';
import type { DialectRequest } from '../dialect.ts';
import { refuse } from './errors.ts';
import { parsePopulate, withPopulated } from './populate.ts';
import { format, wholeRow } from './rows.ts';

/** Actions on a row, as rights. */
const actions: Readonly<Record<string, Right>> = {
  read: 'read',
  update: 'edit',
  delete: 'delete',
};

/**
 * What a row of a reply shows: `fields`, `populate` and `allowed_actions` of the request; without them all that the table has.
 * @throws ServiceError column_not_found for an unknown field; bad_request for an unknown relation or action
 */
export function parseOutput(
  query: DialectRequest['query'],
  table: Table,
  catalog: Catalog,
): Output {
  const populated = parsePopulate(query, table, catalog);
  const needed = populated.flatMap(({ columns }) => columns);
  const items = [
    ...withPopulated(chosen(query, table, needed), populated),
    ...allowedActions(query),
  ];
  const open = table.holder !== undefined && !query.has('fields');
  return { items, format, ...(open ? { undeclared: true } : {}) };
}

/** The columns asked for, in the order they are named, and those that populate needs. */
function chosen(
  query: DialectRequest['query'],
  table: Table,
  needed: readonly string[],
): readonly OutputItem[] {
  const all = wholeRow(table);
  const named = namesOf(query, 'fields');
  if (named.length === 0) return all;
  return [...new Set([...named, ...needed])].map(
    (name) =>
      all.find((item) => item.kind === 'column' && (item.as ?? item.name) === name) ??
      refuse(`fields: no such field ${name}`, name, 'column_not_found'),
  );
}

function allowedActions(query: DialectRequest['query']): readonly OutputItem[] {
  if (!query.has('allowed_actions')) return [];
  const names = namesOf(query, 'allowed_actions');
  const rights = [...new Set(names)].map((name) => ({
    name,
    right: Object.hasOwn(actions, name)
      ? (actions[name] ?? 'read')
      : refuse(`allowed_actions: no such action on a row: ${name}`, 'allowed_actions'),
  }));
  return [{ kind: 'rights', rights, as: '_allowed_actions' }];
}

function namesOf(query: DialectRequest['query'], parameter: string): readonly string[] {
  return (query.get(parameter) ?? [])
    .flatMap((text) => text.split(','))
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
