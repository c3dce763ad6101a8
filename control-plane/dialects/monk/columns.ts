import type { JsonObject } from '../../base/json.ts';
import type { Column, Table } from '../../model/table.ts';
import type { Action, DialectRequest, RouteContext } from '../dialect.ts';
import { oneObject } from './changes.ts';
import { invalid, refuse } from './codes.ts';
import { columnObject, namesRelation } from './column-object.ts';
import { changeTable, described, schemaOf, toChange } from './describe.ts';
import { checkColumnName, draftOf, withColumn } from './draft.ts';
import { hasId } from './output.ts';
import { type Shape, successJson } from './respond.ts';
import { systemFields } from './system-fields.ts';
import { nameOf } from './tables.ts';

type Handler = (request: DialectRequest, context: RouteContext, shape: Shape) => Action;

const columnOf = (request: DialectRequest): string => request.params['column'] ?? '';

/** A user column. The fields every record has are none, unless the table was made elsewhere with a column of the name. */
function found(table: Table, name: string): Column {
  const column = table.columns.find((each) => each.name === name);
  const own = column !== undefined && !(name === 'id' && hasId(table));
  if (own) return column;
  if (systemFields.includes(name)) {
    return refuse('SYSTEM_COLUMN_NOT_ACCESSIBLE', `Column '${name}' is a system field`);
  }
  return refuse('COLUMN_NOT_FOUND', `Column '${name}' not found in schema '${nameOf(table)}'`);
}

export const getColumn: Handler = (request, context, shape) => {
  const table = described(context, schemaOf(request));
  const column = found(table, columnOf(request));
  return { kind: 'reply', reply: successJson(shape, columnObject(table, column)) };
};

export const postColumn: Handler = (request, context, shape) => {
  const table = toChange(context, schemaOf(request));
  const name = columnOf(request);
  checkColumnName(name);
  const body = oneObject(request.body ?? {});
  if (body['type'] === undefined || body['type'] === null) {
    refuse('MISSING_REQUIRED_FIELDS', 'A column needs a type', { field: 'type' });
  }
  if (table.columns.some((column) => column.name === name)) {
    refuse('COLUMN_EXISTS', `Column '${name}' exists`, { field: name });
  }
  const draft = withColumn(draftOf(table), name, body, context.catalog);
  return changeTable(table, draft, (made) => columnReply(made, name, shape));
};

export const putColumn: Handler = (request, context, shape) => {
  const table = toChange(context, schemaOf(request));
  const name = columnOf(request);
  const column = found(table, name);
  const body = oneObject(request.body ?? {});
  if (Object.keys(body).length === 0) refuse('NO_UPDATES', 'No updates are given');
  if (body['column_name'] !== undefined && body['column_name'] !== name) {
    const message = 'A column keeps its name';
    throw invalid([{ field: 'column_name', code: 'IMMUTABLE', message }]);
  }
  const now = columnObject(table, column);
  // A body without a word on the relationship leaves it alone, also a foreign key made in another dialect.
  const old = Object.fromEntries(
    Object.entries(now).filter(([key]) => namesRelation(body) || !isRelational(key)),
  );
  const draft = withColumn(draftOf(table), name, { ...old, ...body }, context.catalog);
  return changeTable(table, draft, (made) => columnReply(made, name, shape));
};

function isRelational(key: string): boolean {
  return namesRelation({ [key]: true });
}

export const deleteColumn: Handler = (request, context, shape) => {
  const table = toChange(context, schemaOf(request));
  const name = columnOf(request);
  const gone = columnObject(table, found(table, name));
  const draft = draftOf(table);
  const to = {
    ...draft,
    columns: draft.columns.filter((column) => column.name !== name),
    references: draft.references.filter(({ columns }) => !columns.includes(name)),
  };
  return changeTable(table, to, () => successJson(shape, { ...gone, deleted: true }));
};

function columnReply(table: Table, name: string, shape: Shape): ReturnType<typeof successJson> {
  const column = table.columns.find((each) => each.name === name);
  const shown: JsonObject = column === undefined ? {} : columnObject(table, column);
  return successJson(shape, shown);
}
