import { type Catalog, findTable } from '../../model/catalog.ts';
import { levels, type Principal } from '../../model/principal.ts';
import type { Features, Table, TableName } from '../../model/table.ts';
import { logicalName } from '../../model/table-schema.ts';
import type { RouteContext } from '../dialect.ts';
import { MonkError, refuse } from './codes.ts';
import { frozenMessage, missingMessage, sudoMessage } from './errors.ts';

/** Schemas of the original that describe the model itself. A table of such a name made in another dialect goes before. */
export const systemSchemas: readonly string[] = ['schemas', 'columns', 'history', 'definitions'];

/** A table by the name this dialect uses: its own in app `default`, `<app>.<table>` elsewhere. */
export function lookUp(catalog: Catalog, name: string): Table | undefined {
  return (
    findTable(catalog, { app: 'default', name }) ??
    catalog.tables.find((table) => table.app !== 'default' && logicalName(table) === name)
  );
}

/** Only the name of a table, for statements. */
export function ref({ app, name }: TableName): TableName {
  return { app, name };
}

export function nameOf(table: Table): string {
  return logicalName(table);
}

/** The table to read. @throws SCHEMA_NOT_FOUND, SCHEMA_DISABLED */
export function toRead(context: RouteContext, name: string): Table {
  const table = lookUp(context.catalog, name);
  if (table === undefined) {
    if (systemSchemas.includes(name)) systemRead(context.principal, name);
    return refuse('SCHEMA_NOT_FOUND', `Schema '${name}' not found`);
  }
  if (table.status === 'disabled') refuse('SCHEMA_DISABLED', `Schema '${name}' is disabled`);
  return table;
}

/**
 * The table to write. Postgres refuses frozen and protected tables itself; looking at the flags here only settles which of several
 * faults is reported first.
 */
export function toWrite(context: RouteContext, name: string): Table {
  if (systemSchemas.includes(name) && lookUp(context.catalog, name) === undefined) {
    return refuse('SCHEMA_PROTECTED', `Schema '${name}' is protected`);
  }
  const table = toRead(context, name);
  if (table.freeze) refuse('SCHEMA_FROZEN', frozenMessage(name));
  if (table.sudo && !context.principal.sudo) refuse('SUDO_REQUIRED', sudoMessage(name));
  if (table.kind === 'view') {
    refuse('INSUFFICIENT_PERMISSIONS', `Schema '${name}' is a view and read-only`);
  }
  return table;
}

function systemRead(principal: Principal, name: string): never {
  if (!atLeast(principal, 'full')) {
    return refuse('INSUFFICIENT_PERMISSIONS', `Insufficient permissions to read schema '${name}'`);
  }
  return refuse('FEATURE_DISABLED', `Schema '${name}' has no records: use the describe routes`);
}

export function atLeast(principal: Principal, level: Principal['access']): boolean {
  return principal.sudo || levels.indexOf(principal.access) >= levels.indexOf(level);
}

/** The column that `:id` means. @throws RECORD_KEY_UNSUPPORTED */
export function keyOf(table: Table): string {
  const [key] = table.key;
  if (key === undefined || table.key.length !== 1) {
    return refuse(
      'RECORD_KEY_UNSUPPORTED',
      `Schema '${nameOf(table)}' has no single-column primary key`,
    );
  }
  return key;
}

const featureNames = {
  timestamps: 'timestamps',
  softDelete: 'soft delete',
  acl: 'access lists',
  history: 'history',
} as const satisfies Record<Exclude<keyof Features, 'mark'>, string>;

export function needFeature(table: Table, feature: keyof typeof featureNames): void {
  if (table.features[feature]) return;
  refuse('FEATURE_DISABLED', `Schema '${nameOf(table)}' has no ${featureNames[feature]}`, {
    field: nameOf(table),
  });
}

export function notFound(table: Table, keys: readonly string[]): MonkError {
  const data = keys.length > 1 ? { data: { ids: keys } } : {};
  return new MonkError('RECORD_NOT_FOUND', missingMessage(keys, nameOf(table)), data);
}
