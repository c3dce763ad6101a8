import { ident, literal, sql, toText } from '../base/sql.ts';
import type { Phase } from '../model/phase.ts';
import type { TableObject } from './object.ts';
import { validated, type Work } from './prepare-columns.ts';
import { breakers, rowsAsIf } from './probe.ts';

/** An object of the staged table, what it will be, and the passing name it is made under. */
export interface Made {
  readonly object: TableObject;
  readonly goal: TableObject;
  readonly name: string;
}

/** Builds an index while the table is written to. A build that fails leaves an invalid index, which the way back drops. */
export function buildIndex(work: Work, made: Made): readonly Phase[] {
  const { object, name } = made;
  const { apart } = object;
  if (apart?.kind !== 'index') return [];
  const index = ident(work.staged.schema, name);
  const on = ident(work.staged.schema, object.on);
  const unique = apart.unique ? sql`unique ` : sql``;
  return [
    {
      kind: 'concurrent',
      description: `build ${made.goal.kind} ${made.goal.name}`,
      statements: [
        toText(sql`create ${unique}index concurrently ${ident(name)} on ${on} ${apart.on}`),
      ],
      lock: 'SHARE UPDATE EXCLUSIVE',
      undo: [toText(sql`drop index concurrently if exists ${index}`)],
      proof: toText(
        sql`select exists (select from pg_index where indexrelid = to_regclass(${literal(toText(index))}) and indisvalid) as done`,
      ),
      ...faultsOf(work, made),
    },
  ];
}

/** Makes a check or reference that new rows meet at once, then looks at the others, which stay in use. */
export function makeConstraint(work: Work, made: Made): readonly Phase[] {
  const { object, name } = made;
  const { apart } = object;
  if (apart?.kind !== 'constraint') return [];
  const on = ident(work.staged.schema, object.on);
  const facts = faultsOf(work, made);
  return [
    {
      kind: 'transaction',
      description: `make ${made.goal.kind} ${made.goal.name} for new rows`,
      statements: [
        toText(sql`alter table ${on} add constraint ${ident(name)} ${apart.rule} not valid`),
      ],
      lock: object.kind === 'reference' ? 'SHARE ROW EXCLUSIVE' : 'ACCESS EXCLUSIVE',
      undo: [toText(sql`alter table ${on} drop constraint if exists ${ident(name)}`)],
      ...facts,
    },
    {
      kind: 'transaction',
      description: `look at all rows for ${made.goal.kind} ${made.goal.name}`,
      statements: [toText(sql`alter table ${on} validate constraint ${ident(name)}`)],
      lock: 'SHARE UPDATE EXCLUSIVE',
      undo: [],
      proof: validated(on, name),
      ...facts,
    },
  ];
}

function faultsOf({ old, next }: Work, { goal }: Made) {
  const own = goal.on === next.physical;
  return {
    ...(goal.field === undefined ? {} : { field: goal.field }),
    ...(goal.conflicts ? { conflicts: goal.conflicts } : {}),
    ...(goal.rule && own ? { misfits: breakers(goal.rule, rowsAsIf(old, next)) } : {}),
  } satisfies Partial<Phase>;
}
