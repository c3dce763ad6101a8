import { isObject, type Json, type JsonObject } from '../../base/json.ts';
import { type App, largestBulk } from '../../model/app.ts';
import { systemColumns, type Table } from '../../model/table.ts';
import type { Output, OutputItem } from '../../statement/output.ts';
import type { NewRow } from '../../statement/statement.ts';
import { refuse } from './errors.ts';

/** How this dialect prints values. */
export const format = { numbers: 'plain', times: 'trimmed' } as const;

/** Rows or ids of one call, unless the app's setting `bulk_limit` says otherwise. */
const usual = 1000;

/** How many rows or ids one call may name. */
function bulkLimit({ settings }: App): number {
  const { bulk_limit: asked } = settings;
  if (typeof asked !== 'number' || !Number.isInteger(asked) || asked < 1) return usual;
  return Math.min(asked, largestBulk);
}

/** @throws ServiceError limit_exceeded */
export function checkCount(count: number, app: App, what: string): void {
  const limit = bulkLimit(app);
  if (count > limit) refuse(`More than ${limit} ${what} in one call`, undefined, 'limit_exceeded');
}

/** Whole rows: the declared columns, then the times that the server keeps. */
export function wholeRow(table: Table): readonly OutputItem[] {
  const kept = table.features.timestamps ? systemColumns.timestamps : [];
  return [...table.columns.map(({ name }) => name), ...kept].map((name) => ({
    kind: 'column',
    name,
  }));
}

/** What writes answer with. */
export function outputOf(table: Table): Output {
  return {
    items: wholeRow(table),
    format,
    ...(table.holder === undefined ? {} : { undeclared: true }),
  };
}

/** Only that there was a row. */
export const noOutput: Output = { items: [{ kind: 'literal', value: 1, as: 'n' }], format };

/** Keys that replies add to rows: ignored when they come back, unless the table has a column of the name. */
const added = ['_allowed_actions', '_depth', '_relationship_type', 'rank'];

/** What a row sets: its keys without those that only the server writes. */
export function valuesOf(row: JsonObject, table: Table): JsonObject {
  const { timestamps, softDelete } = table.features;
  const ignored = new Set<string>([
    ...added,
    ...(timestamps ? systemColumns.timestamps : []),
    ...(softDelete ? systemColumns.softDelete : []),
  ]);
  for (const { name } of table.columns) ignored.delete(name);
  return Object.fromEntries(Object.entries(row).filter(([name]) => !ignored.has(name)));
}

/** The rows of a body: one object, or an array of them. */
export interface Sent {
  readonly many: boolean;
  readonly rows: readonly NewRow[];
}

/** @throws ServiceError bad_request, limit_exceeded */
export function sentRows(body: Json | undefined, table: Table, app: App): Sent {
  const many = Array.isArray(body);
  const items: readonly (Json | undefined)[] = many ? (body as readonly Json[]) : [body];
  checkCount(items.length, app, 'rows');
  const rows = items.map((item, at) => {
    if (!isObject(item)) {
      return refuse(
        many
          ? `Row ${at} must be a JSON object`
          : 'The body must be a JSON object or an array of them',
      );
    }
    return { values: valuesOf(item, table) };
  });
  return { many, rows };
}
