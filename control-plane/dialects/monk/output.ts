import type { Table } from '../../model/table.ts';
import type { Format, Output, OutputItem } from '../../statement/output.ts';
import type { Shape } from './respond.ts';
import { shownLists, timeColumns } from './system-fields.ts';

export const format: Format = { numbers: 'safe', times: 'millis' };

export function listItems(): OutputItem[] {
  return shownLists.map((item) => ({ kind: 'access', ...item }));
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
