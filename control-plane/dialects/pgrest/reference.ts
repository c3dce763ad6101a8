import type { JsonObject } from '../../base/json.ts';
import { typeText } from '../../base/types.ts';
import { type Catalog, nearestName } from '../../model/catalog.ts';
import type { Column, Reference, ReferenceAction } from '../../model/table.ts';
import { wrong } from './errors.ts';
import { tablesOf } from './names.ts';

/** Where a definition stands. */
export interface Place {
  readonly catalog: Catalog;
  /** The table's name, for references to itself. */
  readonly table: string;
}

const actions: readonly ReferenceAction[] = [
  'cascade',
  'set null',
  'set default',
  'restrict',
  'no action',
];

/** The reference of a column. Whether a target in its own table exists and fits is known once all columns are. */
export function parseReference(column: Column, body: JsonObject, place: Place): Reference {
  const text = (key: string): string => {
    const value = body[key];
    if (typeof value === 'string' && value !== '') return value;
    return wrong(`Column ${column.name}: ${key} is required for a foreign key`, key);
  };
  const tableText = text('reference_table');
  const columnText = text('reference_column');
  const { onDelete, onUpdate } = events(body, column.name, text);
  const self = tableText === place.table;
  const target = self ? undefined : nearestName(own(place), tableText);
  if (!self && !target && tableText.toLowerCase() !== place.table.toLowerCase()) {
    wrong(`Column ${column.name}: no such table ${tableText}`, 'reference_table');
  }
  const targetColumn = target ? nearestName(target.columns, columnText) : undefined;
  if (target && !targetColumn) {
    wrong(`Column ${column.name}: no such column ${columnText}`, 'reference_column');
  }
  if (target && targetColumn) checkTarget(column, targetColumn, isKey(targetColumn, target));
  checkActions(column, [onDelete, onUpdate]);
  return {
    name: '',
    columns: [column.name],
    target: { app: 'default', name: target?.name ?? place.table },
    targetColumns: [targetColumn?.name ?? columnText],
    onDelete,
    onUpdate,
  };
}

function own({ catalog }: Place) {
  return tablesOf(catalog).filter(({ app }) => app === 'default');
}

function isKey(column: Column, table: { readonly key: readonly string[] }): boolean {
  return column.unique || (table.key.length === 1 && table.key[0] === column.name);
}

/** References of a table to itself. */
export function checkSelf(
  references: readonly Reference[],
  table: {
    readonly name: string;
    readonly columns: readonly Column[];
    readonly key: readonly string[];
  },
): readonly Reference[] {
  return references.map((reference) => {
    if (reference.target.name !== table.name) return reference;
    const column = table.columns.find(({ name }) => name === reference.columns[0]);
    const target = nearestName(table.columns, reference.targetColumns[0] ?? '');
    if (!column || !target) {
      return wrong(`No such column ${reference.targetColumns[0]}`, 'reference_column');
    }
    checkTarget(column, target, isKey(target, table));
    return { ...reference, targetColumns: [target.name] };
  });
}

function checkTarget(column: Column, target: Column, key: boolean): void {
  if (!key) {
    wrong(`Column ${column.name}: ${target.name} is neither unique nor a key`, 'reference_column');
  }
  const family = (type: Column['type']): string =>
    type.base === 'varchar' && !type.array ? 'text' : typeText(type);
  if (family(column.type) !== family(target.type)) {
    wrong(`Column ${column.name}: its type is not that of ${target.name}`, 'reference_column');
  }
}

function events(
  body: JsonObject,
  column: string,
  text: (key: string) => string,
): Pick<Reference, 'onDelete' | 'onUpdate'> {
  const chosen: { onDelete?: ReferenceAction; onUpdate?: ReferenceAction } = {};
  if (body['on_delete'] !== undefined) chosen.onDelete = action(body, 'on_delete', column);
  if (body['on_update'] !== undefined) chosen.onUpdate = action(body, 'on_update', column);
  const old = body['on_event'] !== undefined || body['event_action'] !== undefined;
  if (old || Object.keys(chosen).length === 0) {
    const event = text('on_event').trim().toUpperCase().replace(/\s+/g, ' ');
    text('event_action');
    const taken = action(body, 'event_action', column);
    if (event === 'ON DELETE') chosen.onDelete ??= taken;
    else if (event === 'ON UPDATE') chosen.onUpdate ??= taken;
    else wrong(`Column ${column}: on_event must be ON DELETE or ON UPDATE`, 'on_event');
  }
  return { onDelete: chosen.onDelete ?? 'no action', onUpdate: chosen.onUpdate ?? 'no action' };
}

function action(body: JsonObject, key: string, column: string): ReferenceAction {
  const value = body[key];
  const word = typeof value === 'string' ? value.trim().toLowerCase().replace(/\s+/g, ' ') : '';
  const found = actions.find((each) => each === word);
  return (
    found ??
    wrong(`Column ${column}: ${key} must be one of ${actions.join(', ').toUpperCase()}`, key)
  );
}

function checkActions(column: Column, chosen: readonly ReferenceAction[]): void {
  if (!column.required) return;
  if (chosen.includes('set null')) {
    wrong(`Column ${column.name}: SET NULL needs null: true`, 'event_action');
  }
  if (chosen.includes('set default') && column.default === undefined) {
    wrong(`Column ${column.name}: SET DEFAULT needs a default or null: true`, 'event_action');
  }
}
