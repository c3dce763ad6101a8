import type { Fault } from '../../base/errors.ts';
import { isObject, type Json, type JsonObject } from '../../base/json.ts';
import type { AccessList, Table } from '../../model/table.ts';
import type { AccessLists, NewRow } from '../../statement/statement.ts';
import { refuse } from './codes.ts';
import { shownLists, timeColumns } from './system-fields.ts';
import { isText } from './values.ts';

/** A body taken apart: what is set or can't be, and what is only compared. */
export interface Change {
  readonly row: NewRow;
  /** System columns that must be as stored. */
  readonly expect: JsonObject;
}

type Flaw = Omit<Fault, 'row'>;

/** The body of one record. @throws INVALID_BODY_FORMAT, REQUEST_INVALID_FORMAT */
export function oneObject(body: Json | undefined): JsonObject {
  if (isObject(body)) return body;
  if (Array.isArray(body))
    return refuse('INVALID_BODY_FORMAT', 'One object is needed, not an array');
  return refuse('REQUEST_INVALID_FORMAT', 'The body must be an object');
}

/** The bodies of several records. */
export function objects(body: readonly Json[]): readonly JsonObject[] {
  return body.map((item) =>
    isObject(item) ? item : refuse('REQUEST_INVALID_FORMAT', 'Each record must be an object'),
  );
}

/** A new record. Times and marks that a record read elsewhere brings along are the server's; only a set mark is a fault. */
export function newRow(table: Table, body: JsonObject): NewRow {
  const faults: Flaw[] = [];
  const values: [string, Json][] = [];
  const times = timeColumns(table);
  for (const [name, value] of Object.entries(body)) {
    if (isList(table, name)) continue;
    if (name === 'updated_at' && times.includes(name)) continue;
    const given = value !== null;
    if (times.includes(name) && name !== 'created_at') {
      if (given) faults.push(systemField(name));
    } else if (given || !(times.includes(name) || table.key.includes(name))) {
      values.push([name, value]);
    }
  }
  return rowOf(table, values, body, faults);
}

/** A change of a record. `key` is the one it's for; absent when a filter says which. */
export function change(table: Table, body: JsonObject, key?: string): Change {
  const values: [string, Json][] = [];
  const expect: [string, Json][] = [];
  const times = timeColumns(table);
  for (const [name, value] of Object.entries(body)) {
    if (isList(table, name)) continue;
    if (times.includes(name)) {
      if (name !== 'updated_at') expect.push([name, value]);
    } else if (table.key.includes(name)) {
      if (!sameKey(value, key)) expect.push([name, value]);
    } else {
      values.push([name, value]);
    }
  }
  return {
    row: rowOf(table, values, body, []),
    expect: Object.fromEntries(expect),
  };
}

function sameKey(value: Json, key: string | undefined): boolean {
  return key !== undefined && (typeof value === 'string' || typeof value === 'number')
    ? String(value).toLowerCase() === key.toLowerCase()
    : false;
}

function systemField(field: string): Flaw {
  return { field, code: 'system_field', message: `Field '${field}' is set by the server` };
}

function isList(table: Table, name: string): boolean {
  return table.features.acl && shownLists.some((item) => item.as === name);
}

function rowOf(
  table: Table,
  values: readonly [string, Json][],
  body: JsonObject,
  faults: Flaw[],
): NewRow {
  const access = table.features.acl ? listsIn(body, faults) : {};
  return {
    values: Object.fromEntries(values),
    ...(Object.keys(access).length === 0 ? {} : { access }),
    ...(faults.length === 0 ? {} : { faults }),
  };
}

function listsIn(body: JsonObject, faults: Flaw[]): AccessLists {
  const lists: { [list in AccessList]?: readonly string[] } = {};
  for (const { list, as } of shownLists) {
    const value = body[as];
    if (value === undefined) continue;
    const members = value === null ? [] : value;
    if (Array.isArray(members) && members.every(isMember)) lists[list] = members;
    else faults.push({ field: as, code: 'type', message: `Field '${as}' is an array of ids` });
  }
  return lists;
}

/** A principal as lists hold it. */
export function isMember(value: Json): value is string {
  return isText(value) && value !== '' && Buffer.byteLength(value) <= 255;
}
