/** What of the corpus each way to the rows can say, and why not the rest. */
import { columnsOf, predicates, tables } from './corpus.ts';
import type { OracleColumn } from './oracle-filter.ts';
import { plainSql } from './plain-sql.ts';
import { spell as spellDataSvc } from './spell-data-svc.ts';
import { spell as spellPgrest } from './spell-pgrest.ts';
import { spell as spellTaruvi } from './spell-taruvi.ts';
import { Unspeakable } from './unspeakable.ts';
import type { Value } from './values.ts';

type Spell = (where: Value, columns: readonly OracleColumn[]) => unknown;

/** The corpus is written in the words of Monk. */
const spells: Readonly<Record<string, Spell>> = {
  Monk: (where) => where,
  PgREST: spellPgrest,
  Taruvi: spellTaruvi,
  'Data Svc': spellDataSvc,
  SQL: plainSql,
};

/** One way: how many filters it says, and how many it doesn't, by reason. */
export interface Speech {
  readonly door: string;
  readonly said: number;
  readonly unsaid: ReadonlyMap<string, number>;
}

/** The filters of the corpus that are answered with rows, through each way. */
export function speeches(): { readonly cases: number; readonly doors: readonly Speech[] } {
  const [table] = tables;
  if (table === undefined) throw new Error('the corpus lost its tables');
  const columns = columnsOf(table);
  const valid = predicates.filter((each) => !('error' in each));
  const doors = Object.entries(spells).map(([door, spell]): Speech => {
    const unsaid = new Map<string, number>();
    for (const { where } of valid) {
      try {
        spell(where, columns);
      } catch (error) {
        if (!(error instanceof Unspeakable)) throw error;
        unsaid.set(error.message, (unsaid.get(error.message) ?? 0) + 1);
      }
    }
    const lost = [...unsaid.values()].reduce((sum, each) => sum + each, 0);
    return { door, said: valid.length - lost, unsaid };
  });
  return { cases: valid.length, doors };
}
