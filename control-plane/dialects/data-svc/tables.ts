import { type Catalog, findTable } from '../../model/catalog.ts';
import type { Definition } from '../../model/definition.ts';
import { draftColumn } from '../../model/draft-column.ts';
import type { Table, TableName } from '../../model/table.ts';
import type { Output, OutputItem } from '../../statement/output.ts';
import type { AccessLists } from '../../statement/statement.ts';
import { refuse } from './refuse.ts';

/** Tables of objects a tenant may make by writing. */
const mostTables = 1_000;

/** Where the tables that this dialect makes live. */
const home = { app: 'default', datasource: 'objects' } as const;

/** A table as this dialect speaks of it. */
export interface View {
  /** As the caller names it. */
  readonly name: string;
  readonly table: TableName;
  readonly key: string;
  /** Columns id and data; else `data` is the object of the other columns. */
  readonly objects: boolean;
  /** Absent: not made yet. */
  readonly found?: Table;
  readonly acl: boolean;
  readonly lists: boolean;
  readonly timestamps: boolean;
}

/** The lists of an object and those of the engine. */
export const listNames = {
  authors: 'authors',
  readers: 'read',
  writers: 'edit',
  deleters: 'delete',
} as const satisfies Record<string, keyof AccessLists>;

export type ListName = keyof typeof listNames;

/** @throws ServiceError bad_request */
export function tableNameOf(name: string | undefined, place = 'table'): string {
  if (name === undefined || name === '') return refuse(place, 'is required');
  if (Buffer.byteLength(name) > 63 || name.includes('\0')) {
    return refuse(place, 'must have 1 to 63 bytes');
  }
  return name;
}

/** The table of a name: one of app default, or `<app>.<table>`; else one still to be made. */
export function viewOf(name: string, catalog: Catalog): View {
  const found = findTable(catalog, { app: home.app, name }) ?? ofApp(name, catalog);
  if (!found) {
    const table = { app: home.app, name };
    return { name, table, key: 'id', objects: true, acl: true, lists: true, timestamps: true };
  }
  const [key, second] = found.key;
  if (key === undefined || second !== undefined) {
    return refuse('table', 'needs a single-column primary key', 'key_unsupported');
  }
  return {
    name,
    table: { app: found.app, name: found.name },
    key,
    objects: isOfObjects(found),
    found,
    acl: found.features.acl,
    lists: found.access === 'lists',
    timestamps: found.features.timestamps,
  };
}

/** Whether a table has the columns id and data of this dialect, and no declared fields within. */
export function isOfObjects(table: Table): boolean {
  return (
    table.provider === 'jsonb' && table.datasource === home.datasource && table.holder === undefined
  );
}

function ofApp(name: string, catalog: Catalog): Table | undefined {
  const dot = name.indexOf('.');
  if (dot < 1) return undefined;
  const app = name.slice(0, dot);
  if (app === home.app) return undefined;
  return findTable(catalog, { app, name: name.slice(dot + 1) });
}

/** What makes the table when it isn't there. */
export function ensured(view: View): readonly Extract<Definition, { kind: 'ensure_table' }>[] {
  if (view.found) return [];
  const { name } = view;
  return [
    {
      kind: 'ensure_table',
      most: mostTables,
      table: {
        ...home,
        name,
        kind: 'table',
        provider: 'jsonb',
        access: 'lists',
        status: 'active',
        features: { timestamps: true, softDelete: false, acl: true, history: false },
        freeze: false,
        sudo: false,
        key: ['id'],
        references: [],
        columns: [
          draftColumn(
            'id',
            { base: 'text' },
            {
              required: true,
              default: { kind: 'uuid', prefix: `${name}_` },
              // The rule of ids, for SQL and other dialects too.
              pattern: `^${name.replaceAll(/[\\^$.|?*+()[\]{}]/g, '\\$&')}.`,
            },
          ),
          draftColumn(
            'data',
            { base: 'jsonb' },
            {
              required: true,
              default: { kind: 'value', value: {} },
              indexed: true,
            },
          ),
        ],
      },
    },
  ];
}

/** The nine keys of an object, in order. */
export function outputOf(view: View): Output {
  const time = (name: string, as: string): OutputItem =>
    view.timestamps ? { kind: 'column', name, as } : { kind: 'literal', value: null, as };
  const columns = view.found?.columns.map(({ name }) => name) ?? [];
  return {
    format: { numbers: 'plain', times: 'millis' },
    items: [
      { kind: 'column', name: view.key, as: 'id', text: true },
      { kind: 'literal', value: view.name, as: 'table' },
      ...Object.entries(listNames).map(([as, list]): OutputItem => ({ kind: 'access', list, as })),
      view.objects
        ? { kind: 'column', name: 'data', as: 'data' }
        : { kind: 'object', columns: columns.filter((name) => name !== view.key), as: 'data' },
      time('created_at', 'createdAt'),
      time('updated_at', 'updatedAt'),
    ],
  };
}

/** Nothing: for writes that answer with a number. */
export const noOutput: Output = { items: [], format: { numbers: 'plain', times: 'millis' } };
