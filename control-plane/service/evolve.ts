import { ident, toText } from '../base/sql.ts';
import type { Connection } from '../catalog/connection.ts';
import { asks, beginOperation } from '../catalog/operations.ts';
import type { Operation, TenantRow } from '../catalog/store.ts';
import { type Preparation, prepare } from '../compile/prepare.ts';
import type { Evolution } from '../compile/prepared.ts';
import { forwardOf } from '../compile/step.ts';
import type { DefinitionOutcome } from '../dialects/dialect.ts';
import type { Definition } from '../model/definition.ts';
import { sameName } from '../model/table.ts';
import { tryPatterns } from './apply-change.ts';
import type { Change } from './change.ts';
import { changeTable, type TableDefinition } from './change-table.ts';
import { foresee } from './foresee.ts';

type By = Pick<Operation, 'principal' | 'requestId'>;

/** Whether a definition changes a table there is, rows and all. */
export function changesTable(definition: Definition): definition is TableDefinition {
  return definition.kind === 'change_table' || definition.kind === 'rollback_operation';
}

/** From so many rows on a table is never locked while they are read or written. */
export const largeTable = 10_000;

/** What a change of a table in use has to do ahead; undefined when it can be made in one transaction. */
async function phasesOf(
  connection: Connection,
  { evolution }: Change,
  most: number,
): Promise<Preparation | undefined> {
  if (!evolution || most === Infinity) return undefined;
  const preparation = prepare(evolution);
  if (preparation.phases.length === 0) return undefined;
  for (const physical of preparation.tables) {
    const table = toText(ident(evolution.old.schema, physical));
    const count = `select count(*) > $1 as done from (select from ${table} limit $1 + 1) as t`;
    if (await asks(connection, count, [most])) return preparation;
  }
  return undefined;
}

/** What a definition of a table came to without being made. `begun`: it is made in phases, of this number. */
export interface Evolved extends Omit<DefinitionOutcome, 'catalog'> {
  readonly begun?: number;
}

/** Foresees a change, or begins one in phases. Undefined: it is to be made here and now. */
export async function evolve(
  connection: Connection,
  definition: TableDefinition,
  change: Change,
  tenant: TenantRow,
  { by, large }: { readonly by: By; readonly large: number },
): Promise<Evolved | undefined> {
  const { before, evolution } = change;
  if (!evolution) return undefined;
  const preparation = await phasesOf(connection, change, large);
  const outcome = { table: evolution.old };
  const last = preparation
    ? changeTable(definition, evolution.next, before, tenant, preparation.prepared)
    : change;
  if (definition.kind === 'change_table' && definition.dryRun) {
    return { ...outcome, foreseen: await foresee(connection, change, preparation, last.steps) };
  }
  if (!preparation) return undefined;
  await tryPatterns(connection, evolution.next);
  const { phases } = preparation;
  const { id, uuid } = await beginOperation(connection, tenant.id, {
    ...change.operation,
    ...by,
    ...evolution,
    relation: evolution.old.id,
    before: evolution.old,
    forward: [...phases.flatMap(({ statements }) => statements), ...forwardOf(last.steps)],
    phases,
    involved: involved(evolution),
  });
  return { ...outcome, begun: id, operation: { id: uuid, status: 'running' } };
}

/** Relations whose definitions must not change meanwhile: the table, what it refers to, and what refers to it. */
function involved({ old, next, before }: Evolution): readonly number[] {
  const targets = [...old.references, ...next.references].map(({ target }) => target);
  return before.tables
    .filter(
      (table) =>
        table.id === old.id ||
        targets.some((target) => sameName(target, table)) ||
        table.references.some(({ target }) => sameName(target, old)),
    )
    .map(({ id }) => id);
}
