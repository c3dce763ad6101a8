import type { Reference, Table } from '../model/table.ts';
import type { Change } from './change.ts';

/**
 * The apps whose tables get to be referred to by tables of other apps that are there already. Such a reference is proved by the owner, who
 * sees every row: it would tell which keys there are, and keep rows from being deleted. One that is made with its table meets each row as
 * its writer sees it.
 */
export function appsReferredTo({ before, after }: Change): ReadonlySet<string> {
  return new Set(
    after.tables.flatMap((table) => {
      const was = before.tables.find(({ id }) => id === table.id);
      return was && was !== table ? newTargets(was, table) : [];
    }),
  );
}

function newTargets(was: Table, table: Table): readonly string[] {
  const known = new Set(was.references.map((reference) => factsOf(was, reference)));
  return table.references
    .filter((reference) => reference.target.app !== table.app)
    .filter((reference) => !known.has(factsOf(table, reference)))
    .map(({ target }) => target.app);
}

/** What a reference says, whatever its columns are called. */
function factsOf({ columns: all }: Table, { columns, target, targetColumns }: Reference): string {
  const own = columns.map((name) => all.find((column) => column.name === name)?.id ?? name);
  return JSON.stringify([own, target.app, target.name, targetColumns]);
}
