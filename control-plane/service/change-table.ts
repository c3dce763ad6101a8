import { ServiceError } from '../base/errors.ts';
import type { Json, JsonObject } from '../base/json.ts';
import type { TenantRow } from '../catalog/store.ts';
import { diff } from '../compile/diff.ts';
import type { Prepared } from '../compile/prepared.ts';
import { forwardOf, reverseOf, type Step } from '../compile/step.ts';
import { type Catalog, withTable } from '../model/catalog.ts';
import type { DataLoss, Definition } from '../model/definition.ts';
import type { Table } from '../model/table.ts';
import type { Change } from './change.ts';
import { changeEdges } from './edge-table.ts';

/** A definition that changes a table there is. */
export type TableDefinition = Extract<Definition, { kind: 'change_table' | 'rollback_operation' }>;

/** What a definition lets happen to stored values. */
export function lossOf(definition: TableDefinition): DataLoss {
  // Whoever takes a change back means that too.
  return definition.kind === 'rollback_operation' ? true : (definition.allowDataLoss ?? false);
}

/**
 * The change that makes `next` of the table with its id.
 * @throws ServiceError invalid_definition for what can't be done; data_loss for what would cost values it was not to cost
 */
export function changeTable(
  definition: TableDefinition,
  next: Table,
  catalog: Catalog,
  tenant: Pick<TenantRow, 'lastRelation'>,
  prepared?: Prepared,
): Change {
  const old = catalog.tables.find(({ id }) => id === next.id);
  if (!old) throw new ServiceError('stale_catalog');
  requireOnce(next);
  const loss = lossOf(definition);
  const nodes = withTable(catalog, next);
  const edges = changeEdges(next, catalog, nodes, tenant.lastRelation, loss !== false);
  const options = { loss, ...(prepared ? { prepared } : {}) };
  const steps = [...diff(old, next, catalog, nodes, options), ...edges.steps];
  // What is prepared was allowed before it was.
  const tried = definition.kind === 'change_table' && definition.dryRun;
  if (!prepared && !tried) requireAllowed(steps, old, loss);
  return {
    before: catalog,
    after: edges.after,
    steps,
    table: next,
    ...(edges.made ? { edges: edges.made } : {}),
    ...(edges.gone ? { gone: [edges.gone] } : {}),
    operation: {
      kind: definition.kind,
      table: next,
      relation: next.id,
      definition: definition as unknown as Json,
      forward: forwardOf(steps),
      reverse: reverseOf(steps),
      before: old,
      changes: steps.flatMap(recorded),
    },
    evolution: { old, next, before: catalog, after: nodes, loss },
    ...(definition.kind === 'rollback_operation' ? { takesBack: definition.operation } : {}),
    lastRelation: edges.lastRelation,
  };
}

/** Two columns that go back to one would each want its values. */
function requireOnce(table: Table): void {
  const seen = new Set<string>();
  for (const { id, name } of table.columns) {
    if (seen.has(id)) {
      const message = `Column '${name}' is made of a column that another one is made of too`;
      throw new ServiceError('invalid_definition', message, {
        field: name,
        table: table.name,
        reason: 'conflict',
      });
    }
    seen.add(id);
  }
}

function requireAllowed(steps: readonly Step[], { name }: Table, loss: DataLoss): void {
  const refused = steps.find((step) => step.class === 'refused');
  if (refused) {
    throw new ServiceError('invalid_definition', `Cannot ${refused.description}`, {
      table: name,
      reason: 'refused',
      ...(refused.field === undefined ? {} : { field: refused.field }),
    });
  }
  if (loss) return;
  // Whether a change of type costs anything is up to the rows.
  const costly = steps.filter((step) => step.class === 'destructive' && step.op !== 'change_type');
  const [first] = costly;
  if (!first) return;
  const list = costly.map(({ description }) => description).join(', ');
  throw new ServiceError('data_loss', `Stored values would be lost: ${list}`, {
    table: name,
    ...(first.field === undefined ? {} : { field: first.field }),
    data: { changes: costly.flatMap(recorded) },
  });
}

const internal = /_(trigger|policy|privilege|comment)$/;

/** What is told of a step: nothing of those that only follow from others. */
export function recorded(step: Step): readonly JsonObject[] {
  const { op, field, class: weight } = step;
  if (op === undefined || internal.test(op)) return [];
  return [{ op, ...(field === undefined ? {} : { field }), class: weight }];
}
