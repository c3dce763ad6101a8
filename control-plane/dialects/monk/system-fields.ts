import { type AccessList, systemColumns, type Table } from '../../model/table.ts';

/** The lists as records show them; the delete list belongs to another dialect and shows only when filled. */
export const shownLists: readonly { list: AccessList; as: string; optional?: boolean }[] = [
  { list: 'read', as: 'access_read' },
  { list: 'edit', as: 'access_edit' },
  { list: 'full', as: 'access_full' },
  { list: 'deny', as: 'access_deny' },
  { list: 'delete', as: 'access_delete', optional: true },
];

export const listNames: readonly string[] = shownLists.map(({ as }) => as);

const { timestamps, softDelete } = systemColumns;

export const timeNames: readonly string[] = [...timestamps, ...softDelete];

/** What records have besides their columns: no column of this dialect is called so. */
export const systemFields: readonly string[] = ['id', ...listNames, ...timeNames];

/** Names of the time columns a table's features bring. */
export function timeColumns({ features }: Pick<Table, 'features'>): string[] {
  return [...(features.timestamps ? timestamps : []), ...(features.softDelete ? softDelete : [])];
}
