import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Principal } from '../../control-plane/model/principal.ts';
import type { TestApp } from './app.ts';
import { monk } from './monk.ts';
import { holds, type OracleLevel } from './oracle.ts';
import { matches, type OracleColumn, type OracleRow } from './oracle-filter.ts';
import { principal, whoOf } from './principal.ts';
import type { OracleType, Value } from './values.ts';

/** A table of the corpus, as its describe body says it. */
export interface CorpusTable {
  readonly name: string;
  readonly columns: readonly { readonly column_name: string; readonly type: string }[];
}

export interface CorpusRow {
  readonly id: string;
  readonly values: OracleRow;
  /** Keys already in the dialect's spelling, `access_read` and so on. */
  readonly access: { readonly [key: string]: readonly string[] };
}

export interface CorpusPrincipal {
  readonly name: string;
  readonly sub: string;
  readonly access: OracleLevel;
  readonly roles?: readonly string[];
  readonly orgs?: readonly string[];
  readonly sudo?: boolean;
}

/** A filter, and the refusal expected where it is a faulty one; `null` where only a refusal is certain, not its code. */
export interface CorpusPredicate {
  readonly where: { readonly [key: string]: Value };
  readonly error?: string | null;
}

function read<T>(name: string): T {
  return JSON.parse(
    readFileSync(join(import.meta.dirname, '..', 'corpus', `${name}.json`), 'utf8'),
  ) as T;
}

export const tables = read<readonly CorpusTable[]>('tables');
export const rows = read<readonly CorpusRow[]>('rows');
export const principals = read<readonly CorpusPrincipal[]>('principals');
export const predicates = read<readonly CorpusPredicate[]>('predicates');

/** Columns as the oracle wants them, the key included. */
export function columnsOf(table: CorpusTable): readonly OracleColumn[] {
  const own = table.columns.map((column) => {
    const array = column.type.endsWith('[]');
    return {
      name: column.column_name,
      type: (array ? column.type.slice(0, -2) : column.type) as OracleType,
      array,
      searchable: 'searchable' in column && column.searchable === true,
    };
  });
  const system = (name: string, type: OracleType): OracleColumn => ({ name, type, array: false });
  return [
    system('id', 'uuid'),
    system('created_at', 'timestamp'),
    system('updated_at', 'timestamp'),
    system('trashed_at', 'timestamp'),
    system('deleted_at', 'timestamp'),
    ...own,
  ];
}

/** A row with what the server adds to a live one. */
export function oracleRow(row: CorpusRow): OracleRow {
  return {
    created_at: '2020-01-01T00:00:00Z',
    updated_at: '2020-01-01T00:00:00Z',
    ...row.values,
    id: row.id,
  };
}

/** Rows the principal may read, by the oracle. */
export function visibleTo(who: Principal): readonly CorpusRow[] {
  const list = (row: CorpusRow, level: string) => row.access[`access_${level}`] ?? [];
  return rows.filter((row) =>
    holds(
      whoOf(who),
      {
        read: list(row, 'read'),
        edit: list(row, 'edit'),
        full: list(row, 'full'),
        deny: list(row, 'deny'),
      },
      'read',
    ),
  );
}

/** Ids of the rows that the filter finds for the principal, by the oracle and in order. */
export function expectedIds(
  where: Value,
  who: Principal,
  columns: readonly OracleColumn[],
): readonly string[] {
  return visibleTo(who)
    .filter((row) => matches(where, oracleRow(row), columns))
    .map(({ id }) => id)
    .sort();
}

/** Rows are told apart by the last digits of their ids: short enough to read in a failure. */
export function short(ids: readonly string[]): string {
  return ids.map((id) => Number(id.slice(-4))).join(' ');
}

/** Makes the corpus' tables and rows in a tenant, through the front door. */
export async function seedCorpus(app: TestApp, tenant: string): Promise<void> {
  const root = monk(app, principal(tenant, 'maker', { access: 'root', sudo: true }));
  for (const table of tables) {
    await root.define(table.name, { columns: table.columns, status: 'active' });
  }
  await root.create(
    'order',
    rows.map((row) => ({ id: row.id, ...row.values, ...row.access })),
  );
}
