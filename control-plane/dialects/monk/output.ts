import type { AccessList, Table } from '../../model/table.ts';
import type { Format, Output, OutputItem } from '../../statement/output.ts';
import type { Shape } from './respond.ts';

export const format: Format = { numbers: 'safe', times: 'millis' };

/** The lists as records show them; the delete list belongs to another dialect and shows only when filled. */
export const shownLists: readonly { list: AccessList; as: string; optional?: boolean }[] = [
  { list: 'read', as: 'access_read' },
  { list: 'edit', as: 'access_edit' },
  { list: 'full', as: 'access_full' },
  { list: 'deny', as: 'access_deny' },
  { list: 'delete', as: 'access_delete', optional: true },
];

export function listItems(): OutputItem[] {
  return shownLists.map((item) => ({ kind: 'access', ...item }));
}

/** Names of the time columns a table's features bring. */
export function timeColumns(table: Table): string[] {
  return [
    ...(table.features.timestamps ? ['created_at', 'updated_at'] : []),
    ...(table.features.softDelete ? ['trashed_at', 'deleted_at'] : []),
  ];
}

/** Whether a table's key is the `id` of this dialect. */
export function hasId(table: Table): boolean {
  return table.key.length === 1 && table.key[0] === 'id';
}

/** A full record: system fields first, then the columns in their order. */
export function recordItems(table: Table, shape: Shape): OutputItem[] {
  const system = hasId(table) ? ['id'] : [];
  const times = timeColumns(table);
  const lists = table.features.acl ? listItems() : [];
  const taken = new Set([...system, ...times, ...lists.map((item) => item.as)]);
  const rest = table.columns.map(({ name }) => name).filter((name) => !taken.has(name));
  return [
    ...columns(system),
    ...(shape.access ? lists : []),
    ...(shape.stat ? columns(times) : []),
    ...columns(rest),
  ];
}

export function recordOutput(table: Table, shape: Shape): Output {
  return { items: recordItems(table, shape), format };
}

/** A deleted record: as it is, and the word that it's gone. */
export function deletedOutput(table: Table, shape: Shape): Output {
  return {
    items: [...recordItems(table, shape), { kind: 'literal', value: true, as: 'deleted' }],
    format,
  };
}

/** No row is wanted back. */
export const noOutput: Output = { items: [], format };

export function columnsOutput(names: readonly string[]): Output {
  return { items: columns(names), format };
}

function columns(names: readonly string[]): OutputItem[] {
  return names.map((name) => ({ kind: 'column', name }));
}
