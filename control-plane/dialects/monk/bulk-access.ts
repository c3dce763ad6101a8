import { isObject, type JsonObject } from '../../base/json.ts';
import type { Table } from '../../model/table.ts';
import type { AccessLists, Result, Target } from '../../statement/statement.ts';
import { parseLists } from './acls.ts';
import { refuse } from './codes.ts';
import { memberTexts } from './lossless.ts';
import { recordOutput } from './output.ts';
import type { Shape } from './respond.ts';
import { nameOf, needFeature, ref } from './tables.ts';
import { asArray, asOne, type Step, type Work } from './work.ts';
import type { KeyedBody } from './writes.ts';

/** The lists of an access operation, flat or under `access`. */
export function accessOf(data: JsonObject): AccessLists {
  const nested = data['access'];
  const lists = parseLists(nested !== undefined && isObject(nested) ? nested : data);
  if (Object.keys(lists).length > 0) return lists;
  return refuse('OPERATION_INVALID_DATA', 'data names no access list', { field: 'data' });
}

/** Lists named replace, the others stay. */
function share(table: Table, target: Target, lists: AccessLists, shape: Shape): Step {
  return {
    kind: 'share',
    table: ref(table),
    target,
    change: { mode: 'set', lists },
    output: recordOutput(table, shape),
  };
}

export function accessWork(
  table: Table,
  target: Target,
  lists: AccessLists,
  many: boolean,
  shape: Shape,
): Work {
  needFeature(table, 'acl');
  return {
    steps: [share(table, target, lists, shape)],
    data: many ? asArray : asOne,
    subject: { schema: nameOf(table), verb: 'acl' },
  };
}

/** Records with lists of their own: one statement for those that get the same ones. */
export function accessEach(table: Table, items: readonly KeyedBody[], shape: Shape): Work {
  needFeature(table, 'acl');
  const groups = new Map<string, { lists: AccessLists; keys: string[]; places: number[] }>();
  for (const [place, { id, body }] of items.entries()) {
    const lists = accessOf(body);
    const name = JSON.stringify(lists);
    const group = groups.get(name) ?? { lists, keys: [], places: [] };
    group.keys.push(id);
    group.places.push(place);
    groups.set(name, group);
  }
  const all = [...groups.values()];
  return {
    steps: all.map(({ keys, lists }) => share(table, { by: 'keys', keys }, lists, shape)),
    data: (results) =>
      inOrder(
        all.map(({ places }) => places),
        results,
      ),
    subject: { schema: nameOf(table), verb: 'acl' },
  };
}

/** Rows of several statements, each in the place its record had in the request. */
function inOrder(places: readonly (readonly number[])[], results: readonly Result[]): string {
  const [only] = results;
  if (results.length === 1 && only !== undefined) return only.rows;
  const texts: string[] = [];
  for (const [group, positions] of places.entries()) {
    const rows = memberTexts(results[group]?.rows ?? '[]');
    for (const [row, position] of positions.entries()) texts[position] = rows[row] ?? 'null';
  }
  return `[${texts.join(',')}]`;
}
