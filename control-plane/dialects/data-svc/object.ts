import type { JsonObject } from '../../base/json.ts';
import type { AccessLists, NewRow } from '../../statement/statement.ts';
import { list, record, text } from './body.ts';
import { type Caller, entries } from './caller.ts';
import { refuse } from './refuse.ts';
import { type ListName, listNames, type View } from './tables.ts';

/** The data of an object as column values. */
export function dataOf(object: JsonObject, view: View, place: string): JsonObject | undefined {
  if (object['data'] === undefined || object['data'] === null) return undefined;
  const data = record(object, 'data', `${place}.data`);
  if (view.objects) return { data };
  if (Object.hasOwn(data, view.key)) refuse(`${place}.data.${view.key}`, 'is the id of the object');
  return data;
}

/** Lists named by an object, `authors` only where `create` says so. */
export function listsOf(
  object: JsonObject,
  caller: Caller,
  view: View,
  place: string,
  create: boolean,
): AccessLists {
  const named: Partial<Record<(typeof listNames)[ListName], readonly string[]>> = {};
  for (const [name, engine] of Object.entries(listNames)) {
    if (engine === 'authors' && !create) continue;
    const sent = list(object, name, `${place}.${name}`);
    if (sent === undefined) continue;
    const members = entries(sent, `${place}.${name}`, caller);
    if (!view.acl) {
      if (members.length > 0) refuse(`${place}.${name}`, 'the table has no access lists');
      continue;
    }
    // The caller is an author in any case; an empty list must not read as none sent.
    named[engine] = engine === 'authors' ? [...new Set([caller.sub, ...members])] : members;
  }
  return named;
}

/** The id of an object, checked by the rule of its table. */
export function checkedId(id: string, view: View, place: string): string {
  const rule = !view.objects || (id.startsWith(view.name) && id.length > view.name.length);
  return rule ? id : refuse(place, `must begin with '${view.name}' and be longer`);
}

/** The id an object names; absent or empty: none. */
export function idOf(object: JsonObject, view: View, place: string): string | undefined {
  const id = text(object, 'id', `${place}.id`);
  return id === undefined || id === '' ? undefined : checkedId(id, view, `${place}.id`);
}

/** A row from its parts. */
export function rowOf(
  view: View,
  id: string | undefined,
  data: JsonObject | undefined,
  access: AccessLists,
): NewRow {
  const values = { ...data, ...(id === undefined ? {} : { [view.key]: id }) };
  return Object.keys(access).length === 0 ? { values } : { values, access };
}
