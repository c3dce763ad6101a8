import { type BaseType, type ColumnType, classOf } from '../../base/types.ts';
import { type Catalog, nearestName } from '../../model/catalog.ts';
import type { Column } from '../../model/table.ts';

const bases: Readonly<Record<string, BaseType>> = {
  varchar: 'varchar',
  char: 'varchar',
  text: 'text',
  integer: 'integer',
  float: 'double precision',
  boolean: 'boolean',
  timestamp: 'timestamp',
  datetime: 'timestamp',
  date: 'date',
};

/** Whether a data_type of this name is there without anybody's doing. */
export function isBuiltIn(name: string): boolean {
  const lower = name.toLowerCase();
  return lower === 'serial' || Object.hasOwn(bases, lower);
}

/** A data_type as its column will have it; `serial` is an integer numbered by a sequence. */
export interface ParsedType {
  readonly type: ColumnType;
  readonly serial: boolean;
  /** A varchar that is no array has to have a length. */
  readonly needsLength: boolean;
}

/** The type of a name in any case, `T[]` of it, or an enumerated type of the tenant (or about to be); undefined: no type. */
export function parseType(text: string, catalog: Catalog): ParsedType | undefined {
  const bare = text.trim();
  const array = bare.endsWith('[]');
  const name = array ? bare.slice(0, -2).trim() : bare;
  const lower = name.toLowerCase();
  if (lower === 'serial') {
    return array ? undefined : { type: { base: 'integer' }, serial: true, needsLength: false };
  }
  const base = Object.hasOwn(bases, lower) ? bases[lower] : undefined;
  const more = array ? { array } : {};
  if (base !== undefined) {
    const needsLength = base === 'varchar' && !array;
    return { type: { base, ...more }, serial: false, needsLength };
  }
  const found = nearestName(catalog.enums ?? [], name);
  if (!found) return undefined;
  const enumeration = { schema: catalog.schema, name: found.name, values: found.values };
  return { type: { base: 'enum', enumeration, ...more }, serial: false, needsLength: false };
}

/** The data_type of a column; of types made elsewhere the nearest. */
export function typeName({ type, identity }: Pick<Column, 'type' | 'identity'>): string {
  return type.array ? `${elementName(type)}[]` : identity ? 'serial' : elementName(type);
}

function elementName(type: ColumnType): string {
  switch (type.base) {
    case 'enum':
      return type.enumeration?.name ?? 'text';
    case 'varchar':
      return type.length === undefined ? 'text' : 'varchar';
    case 'timestamptz':
      return 'timestamp';
    case 'date':
      return 'date';
    case 'integer':
    case 'bigint':
    case 'smallint':
      return 'integer';
    default:
      return nearest[classOf(type)] ?? 'text';
  }
}

const nearest: Readonly<Record<string, string>> = {
  number: 'float',
  boolean: 'boolean',
  time: 'timestamp',
};
