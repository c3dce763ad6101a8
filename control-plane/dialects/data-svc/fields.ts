import type { Field } from '../../statement/predicate.ts';
import { refuse } from './refuse.ts';
import { type ListName, listNames, type View } from './tables.ts';

/** What a field path of a request speaks of. */
export type Place =
  | { readonly kind: 'id'; readonly field: Field }
  | { readonly kind: 'table' }
  | { readonly kind: 'list'; readonly field: Field }
  | { readonly kind: 'time'; readonly field: Field }
  | { readonly kind: 'data'; readonly column: string; readonly path: readonly string[] }
  /** Nothing of the table: a key no object has. */
  | { readonly kind: 'absent' };

const times: Readonly<Record<string, string>> = {
  createdAt: 'created_at',
  updatedAt: 'updated_at',
};

/** The same in filters and orders: names of the object's own, all else a path into its data. @throws ServiceError bad_request */
export function placeOf(name: string, view: View, key: string): Place {
  if (name === 'id') return { kind: 'id', field: idField(view) };
  if (name === 'table') return { kind: 'table' };
  if (Object.hasOwn(listNames, name)) {
    if (!view.acl) return { kind: 'absent' };
    return { kind: 'list', field: { kind: 'access', list: listNames[name as ListName] } };
  }
  const time = Object.hasOwn(times, name) ? times[name] : undefined;
  if (time !== undefined) {
    return view.timestamps
      ? { kind: 'time', field: { kind: 'column', name: time } }
      : { kind: 'absent' };
  }
  const segments = (name.startsWith('data.') ? name.slice('data.'.length) : name).split('.');
  if (segments.some((segment) => segment === ''))
    return refuse(key, `'${name}' has an empty segment`);
  if (view.objects) return { kind: 'data', column: 'data', path: segments };
  const [column = '', ...path] = segments;
  const found = view.found?.columns.some((each) => each.name === column && column !== view.key);
  return found ? { kind: 'data', column, path } : { kind: 'absent' };
}

function idField(view: View): Field {
  const base = view.found?.columns.find(({ name }) => name === view.key)?.type.base ?? 'text';
  if (base === 'text' || base === 'varchar') return { kind: 'column', name: view.key };
  return { kind: 'json', column: view.key, path: [], only: 'text' };
}
