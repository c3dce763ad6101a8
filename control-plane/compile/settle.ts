import type { Catalog } from '../model/catalog.ts';
import {
  type Column,
  type IndexRule,
  type Reference,
  sameName,
  type Table,
  type TableDraft,
} from '../model/table.ts';
import { physicalName } from '../model/table-schema.ts';
import { referenceName } from './constraint.ts';

/** The identity the engine gives a table. */
export interface Identity {
  readonly id: number;
  readonly uuid: string;
  readonly schema: string;
}

/**
 * A draft as a table of the catalog. Columns keep the identity of those they change (by id, else by name); times left empty are set
 * when stored. References get a name that is free in the tenant and short enough.
 */
export function settle(
  draft: TableDraft,
  identity: Identity,
  catalog: Catalog,
  newId: () => string,
  old?: Table,
): Table {
  const columns = settleHeld(
    draft.columns.map((column) => settleColumn(column, newId, draft, old)),
    old,
  );
  const taken = new Set(
    catalog.tables
      .filter((table) => table.id !== identity.id)
      .flatMap((table) => table.references.map(({ name }) => name)),
  );
  const references = draft.references.map((reference) => {
    const fits = reference.name !== '' && Buffer.byteLength(reference.name) <= 50;
    const name =
      fits && !taken.has(reference.name)
        ? reference.name
        : referenceName(reference.columns, identity.id);
    taken.add(name);
    return settleReference(reference, name, draft, old);
  });
  const { uniques: _, indexes: __, search: ___, ...rest } = draft;
  const rules = settleRules(draft, columns, old);
  const history = draft.features.history || columns.some(({ tracked }) => tracked);
  return {
    ...rest,
    id: identity.id,
    uuid: identity.uuid,
    schema: identity.schema,
    physical: physicalName(draft),
    columns,
    references,
    ...rules,
    features: { ...draft.features, history },
    createdAt: old?.createdAt ?? '',
    updatedAt: '',
  };
}

/** Rules follow columns to their new names, and go with them. */
function settleRules(
  { uniques, indexes, search }: TableDraft,
  columns: readonly Column[],
  old: Table | undefined,
): Pick<TableDraft, 'uniques' | 'indexes' | 'search'> {
  const current = (name: string): string | undefined => {
    if (columns.some((column) => column.name === name)) return name;
    const id = old?.columns.find((column) => column.name === name)?.id;
    return columns.find((column) => column.id === id)?.name;
  };
  const settled = <T>(
    parts: readonly T[],
    name: (part: T) => string,
    take: (to: string, part: T) => T,
  ) =>
    parts.flatMap((part) => {
      const to = current(name(part));
      return to === undefined ? [] : [take(to, part)];
    });
  const rules = (uniques ?? []).flatMap((rule) => {
    const names = settled(rule.columns, String, (to) => to);
    return names.length === rule.columns.length ? [{ ...rule, columns: names }] : [];
  });
  const kept = (indexes ?? []).flatMap((rule): readonly IndexRule[] => {
    if (!rule.columns) return [rule];
    const parts = settled(
      rule.columns,
      ({ name }) => name,
      (name, part) => ({ ...part, name }),
    );
    return parts.length === rule.columns.length ? [{ ...rule, columns: parts }] : [];
  });
  const fields = settled(
    search?.fields ?? [],
    ({ column }) => column,
    (column, field) => ({ ...field, column }),
  );
  return {
    ...(uniques ? { uniques: rules } : {}),
    ...(indexes ? { indexes: kept } : {}),
    ...(search && fields.length > 0 ? { search: { ...search, fields } } : {}),
  };
}

function settleColumn(
  column: Column,
  newId: () => string,
  draft: TableDraft,
  old: Table | undefined,
): Column {
  const required = column.required || draft.key.includes(column.name);
  // A name that a column has just given up may be taken by a new one.
  const claimed = new Set(draft.columns.map(({ id }) => id));
  const was =
    old?.columns.find(({ id }) => id === column.id) ??
    old?.columns.find(({ id, name }) => name === column.name && !claimed.has(id));
  if (!was) {
    const id = column.id === '' ? newId() : column.id;
    return { ...column, id, required, createdAt: '', updatedAt: '' };
  }
  const settled = { ...column, id: was.id, required, createdAt: was.createdAt };
  const changed = fingerprint(settled) !== fingerprint(was);
  return { ...settled, updatedAt: changed ? '' : was.updatedAt };
}

/** A held column keeps its key when its name changes; a new one doesn't take the key of another. */
function settleHeld(columns: readonly Column[], old: Table | undefined): readonly Column[] {
  const kept = new Map(old?.columns.map(({ id, held }) => [id, held]));
  const taken = new Set(columns.flatMap(({ id }) => kept.get(id) ?? []));
  return columns.map((column) => {
    if (column.held === undefined) return column;
    const was = kept.get(column.id);
    if (was !== undefined) return { ...column, held: was };
    let key = column.held;
    for (let n = 2; taken.has(key); n++) key = `${column.held} ${n}`;
    taken.add(key);
    return { ...column, held: key };
  });
}

/** A table renamed by this very draft may still be spoken of by its old name in references to itself. */
function settleReference(
  reference: Reference,
  name: string,
  draft: TableDraft,
  old: Table | undefined,
): Reference {
  const self = old && sameName(reference.target, old);
  return {
    ...reference,
    name,
    target: self ? { app: draft.app, name: draft.name } : reference.target,
  };
}

function fingerprint({ updatedAt: _, ...column }: Column): string {
  return meaning(column);
}

/** A part of a definition as text, whatever the order of its keys. */
export function meaning(part: unknown): string {
  return JSON.stringify(sorted(part)) ?? '';
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, part]) => part !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, part]) => [key, sorted(part)]));
}
