import { type ColumnType, classOf, type TypeClass } from '../../base/types.ts';
import type { Catalog } from '../../model/catalog.ts';
import { systemColumns, type Table } from '../../model/table.ts';
import type { Field, Hop } from '../../statement/predicate.ts';
import { refuse } from './errors.ts';
import { findRelation } from './relations.ts';

/** What a name of a request stands for. */
export interface Place {
  /** As the caller wrote it. */
  readonly label: string;
  readonly field: Field;
  readonly type: ColumnType;
  /** Which operators and operands go with it. */
  readonly kind: Kind;
  /** The way to the row that has the field; empty: the row itself. */
  readonly hops: readonly Hop[];
  /** Whether every hop leads to one row. */
  readonly forward: boolean;
}

/** `scalar`: numbers, times, booleans, uuids; `path`: a place inside a document. */
export type Kind = 'text' | 'scalar' | 'array' | 'json' | 'path' | 'range' | 'point';

const mostHops = 3;

/**
 * The field of a name: a column, a path into a document, or a field of a related row. Undefined: there is none.
 * @throws ServiceError limit_exceeded for a path of more than three relations
 */
export function placeOf(name: string, table: Table, catalog: Catalog): Place | undefined {
  return find(name, name, table, catalog, [], true, 0);
}

/** A name that nothing declares, in a table that holds such values too: a path into its document. */
export function undeclaredPlace(name: string, table: Table): Place | undefined {
  const path = name.split('.');
  if (table.holder === undefined || path.includes('')) return undefined;
  return {
    label: name,
    field: { kind: 'undeclared', path },
    type: { base: 'jsonb' },
    kind: 'path',
    hops: [],
    forward: true,
  };
}

function find(
  name: string,
  label: string,
  table: Table,
  catalog: Catalog,
  hops: readonly Hop[],
  forward: boolean,
  passed: number,
): Place | undefined {
  const type = typeOf(name, table);
  if (type) {
    const field = { kind: 'column', name } as const;
    return { label, field, type, kind: kindOf(type), hops, forward };
  }
  const dot = name.indexOf('.');
  if (dot < 1) return undefined;
  const head = name.slice(0, dot);
  const rest = name.slice(dot + 1);
  const outer = typeOf(head, table);
  if (outer && kindOf(outer) === 'json') {
    const path = rest.split('.');
    if (path.includes('')) return undefined;
    const field = { kind: 'path', column: head, path } as const;
    return { label, field, type: outer, kind: 'path', hops, forward };
  }
  const relation = findRelation(table, head, catalog);
  if (!relation) return undefined;
  if (passed === mostHops) {
    refuse(`${label}: more than ${mostHops} relations`, label, 'limit_exceeded');
  }
  const way = [...hops, ...relation.hops];
  const single = forward && relation.kind === 'forward';
  return find(rest, label, relation.table, catalog, way, single, passed + 1);
}

/** The type of a declared column, or of a time that the server keeps. */
function typeOf(name: string, table: Table): ColumnType | undefined {
  const column = table.columns.find((each) => each.name === name);
  if (column) return column.type;
  const { timestamps, softDelete } = table.features;
  const kept: readonly string[] = [
    ...(timestamps ? systemColumns.timestamps : []),
    ...(softDelete ? systemColumns.softDelete : []),
  ];
  return kept.includes(name) ? { base: 'timestamptz', precision: 3 } : undefined;
}

const kinds: Readonly<Partial<Record<TypeClass, Kind>>> = {
  text: 'text',
  json: 'json',
  range: 'range',
  multirange: 'range',
};

function kindOf(type: ColumnType): Kind {
  if (type.array) return 'array';
  if (type.base === 'point') return 'point';
  return type.base === 'enum' ? 'text' : (kinds[classOf(type)] ?? 'scalar');
}
