import type { TableDraft } from '../../control-plane/model/table.ts';
import { column, reference } from '../unit/compile/samples.ts';

/** Columns of the tables that the tests change. */
export const itemColumns = [
  column('a', { base: 'text' }, { indexed: true, description: 'words' }),
  column('n', { base: 'integer' }, { unique: true, tracked: true, minimum: 0 }),
  column('f', { base: 'numeric' }),
  column('target_id', { base: 'uuid' }),
  column('gap', { base: 'text' }),
];

/** Rows for such a table; `%t` is the table, `%s` its schema. */
export const itemRows = (rows: number): string =>
  `insert into %t (a, n, f, target_id, gap)
   select 'row ' || g, g, g + 0.5, (select id from %s.targets order by id limit 1), case when g % 2 = 0 then 'given' end
   from generate_series(1, ${rows}) as g`;

/** A change that needs a phase of every kind. */
export function everything(draft: TableDraft): Partial<TableDraft> {
  return {
    columns: [
      ...draft.columns.map((one) => {
        switch (one.name) {
          case 'n':
            return { ...one, name: 'number', type: { base: 'bigint' as const }, required: true };
          case 'a':
            return { ...one, unique: true };
          case 'f':
            return { ...one, minimum: 1 };
          default:
            return one;
        }
      }),
      column(
        'made',
        { base: 'uuid' },
        { id: '', required: true, unique: true, default: { kind: 'uuid' } },
      ),
    ],
    references: [reference('target_id', 'targets', { name: '' })],
  };
}
