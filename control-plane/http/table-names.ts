import type { Table } from '../model/table.ts';

/**
 * Names of tables that any language takes: letters and digits, distinct, the same as long as no table of a smaller id comes or goes.
 */
export function tableNames(tables: readonly Table[]): ReadonlyMap<Table, string> {
  const names = new Map<Table, string>();
  const taken = new Set<string>();
  for (const table of tables) {
    const wanted = nameOf(table);
    let name = wanted;
    for (let at = table.id; taken.has(name.toLowerCase()); at++) name = `${wanted}${at}`;
    taken.add(name.toLowerCase());
    names.set(table, name);
  }
  return names;
}

function nameOf({ app, name }: Table): string {
  const words = `${app === 'default' ? '' : `${app} `}${name}`.split(/[^A-Za-z0-9]+/);
  const joined = words.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join('');
  if (joined === '') return 'Table';
  return /^[0-9]/.test(joined) ? `T${joined}` : joined;
}
