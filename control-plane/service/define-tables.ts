import { ServiceError } from '../base/errors.ts';
import type { Json } from '../base/json.ts';
import type { TenantRow } from '../catalog/store.ts';
import { meaning } from '../compile/settle.ts';
import { forwardOf, reverseOf, type Step } from '../compile/step.ts';
import { type Catalog, findTable } from '../model/catalog.ts';
import type { Definition } from '../model/definition.ts';
import { sameName, type Table, type TableDraft } from '../model/table.ts';
import type { Change } from './change.ts';
import { planChange } from './plan-change.ts';

type DefineTables = Extract<Definition, { kind: 'define_tables' }>;

/** Several tables as one change, worked out one after the other. @throws ServiceError data_loss naming what would be lost */
export function planTables(
  definition: DefineTables,
  catalog: Catalog,
  tenant: Pick<TenantRow, 'lastRelation'>,
): Change {
  // Without leave what goes is told of all tables at once; values that stay are then not to suffer either.
  const allowDataLoss = definition.allowDataLoss || 'dropped';
  const changes: Change[] = [];
  let { lastRelation } = tenant;
  let after = catalog;
  const take = (part: Definition): void => {
    const change = planChange(part, after, { lastRelation });
    if (change.steps.length === 0 && isUnchanged(change, after)) return;
    changes.push(change);
    ({ after, lastRelation } = change);
  };
  // A deactivated table keeps its name: to make another of it is refused.
  const made = inOrder(
    definition.tables.filter(
      (draft) => findTable(catalog, draft)?.active !== undefined || !findTable(catalog, draft),
    ),
  );
  for (const draft of made) {
    // References that close a circle come when all tables are there.
    const references = draft.references.filter(
      ({ target }) => sameName(target, draft) || findTable(after, target),
    );
    take({ kind: 'create_table', table: { ...draft, references } });
  }
  for (const to of definition.tables) {
    const present = findTable(after, to);
    const isWhole = made.includes(to) && present?.references.length === to.references.length;
    if (present && !isWhole) take({ kind: 'change_table', from: to, to, allowDataLoss });
  }
  const steps = changes.flatMap((change) => change.steps);
  if (!definition.allowDataLoss) requireNoLoss(steps);
  const tables = lastOfEach(changes.flatMap(({ table, edges }) => [table, edges]));
  return {
    before: catalog,
    after,
    steps,
    tables,
    gone: changes.flatMap(({ gone = [] }) => gone),
    operation: {
      kind: definition.kind,
      table: { app: definition.app, name: '' },
      definition: definition as unknown as Json,
      forward: forwardOf(steps),
      reverse: reverseOf(steps),
    },
    lastRelation,
  };
}

/** Those first that others refer to; within a circle as they were sent. */
function inOrder(drafts: readonly TableDraft[]): readonly TableDraft[] {
  const done: TableDraft[] = [];
  const visiting = new Set<TableDraft>();
  const visit = (draft: TableDraft): void => {
    if (done.includes(draft) || visiting.has(draft)) return;
    visiting.add(draft);
    for (const { target } of draft.references) {
      const other = drafts.find((each) => sameName(each, target));
      if (other) visit(other);
    }
    done.push(draft);
  };
  for (const draft of drafts) visit(draft);
  return done;
}

function isUnchanged({ table }: Change, catalog: Catalog): boolean {
  const old = catalog.tables.find(({ id }) => id === table?.id);
  return meaning({ ...table, updatedAt: '' }) === meaning({ ...old, updatedAt: '' });
}

/** A table made and then completed is stored once. */
function lastOfEach(tables: readonly (Table | undefined)[]): readonly Table[] {
  return [...new Map(tables.flatMap((table) => (table ? [[table.id, table]] : []))).values()];
}

function requireNoLoss(steps: readonly Step[]): void {
  // Whether a change of type costs anything is up to the rows.
  const lost = steps.filter((step) => step.class === 'destructive' && step.op !== 'change_type');
  const [first] = lost;
  if (!first) return;
  const faults = lost.map(({ field, description }) => ({
    row: 0,
    field: field ?? '',
    code: 'format' as const,
    message: description,
  }));
  const message = `Stored values would be lost: ${lost.map((step) => step.description).join(', ')}`;
  throw new ServiceError('invalid_definition', message, {
    reason: 'data_loss',
    faults,
    ...(first.field === undefined ? {} : { field: first.field }),
  });
}
