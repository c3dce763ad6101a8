import type { JsonObject } from '../../base/json.ts';
import type { Catalog } from '../../model/catalog.ts';
import type { Result, Statement, Upsert } from '../../statement/statement.ts';
import type { Action, DialectRequest, RouteContext } from '../dialect.ts';
import { bodyOf, isRecord, list, member, record, text } from './body.ts';
import { callerOf } from './caller.ts';
import { checkedId, dataOf, listsOf, rowOf } from './object.ts';
import { refuse } from './refuse.ts';
import { objectReply, reply, textsOf } from './reply.ts';
import { ensured, isOfObjects, outputOf, tableNameOf, type View, viewOf } from './tables.ts';

/** Objects of one request at most. */
export const mostSent = 10_000;

/** `PUT /data-svc/object/{objectId}` */
export function upsert({ body, params }: DialectRequest, context: RouteContext): Action {
  const object = record(bodyOf(body), 'object');
  const id = params['objectId'] ?? '';
  const sent = text(object, 'id', 'object.id');
  if (sent !== undefined && sent !== '' && sent !== id) {
    refuse('object.id', 'must be the id of the path');
  }
  const name = text(object, 'table', 'object.table');
  if (name === undefined || name === '') return inHolder(object, id, context);
  const view = viewOf(tableNameOf(name, 'object.table'), context.catalog);
  return {
    kind: 'statements',
    ensure: ensured(view),
    statements: [statement(view, [{ object, id, place: 'object' }], context)],
    reply: ([result]) => objectReply(result),
  };
}

/** Without a table's name: the longest one that the id begins with and whose table holds the id. */
function inHolder(object: JsonObject, id: string, context: RouteContext): Action {
  const views = candidates(id, context.catalog);
  // What the request says is judged whether the object is there or not.
  for (const view of views.slice(0, 1)) statement(view, [{ object, id, place: 'object' }], context);
  if (views.length === 0) refuse('object.table', 'is required: no table holds this id');
  return {
    kind: 'statements',
    statements: [
      { kind: 'locate', tables: views.map(({ table }) => table), key: id },
      ([located]): Statement => {
        const view = views.find(({ name }) => located?.rows.includes(JSON.stringify(name)));
        const found = located?.count === 1 ? view : undefined;
        if (!found) return refuse('object.table', 'is required: no table holds this id');
        return statement(found, [{ object, id, place: 'object' }], context);
      },
    ],
    reply: ([, result]) => objectReply(result),
  };
}

function candidates(id: string, catalog: Catalog): readonly View[] {
  return catalog.tables
    .filter((table) => isOfObjects(table) && table.status !== 'disabled')
    .filter(({ name }) => id.startsWith(name) && id.length > name.length)
    .toSorted((left, right) => right.name.length - left.name.length)
    .map(({ name }) => viewOf(name, catalog));
}

/** `PUT /data-svc/objects/upsert` */
export function upsertMany({ body }: DialectRequest, context: RouteContext): Action {
  const sent = bodyOf(body);
  const objects =
    list(sent, 'objects') ??
    (member(sent, 'object') === undefined ? undefined : [record(sent, 'object')]);
  if (objects === undefined) return refuse('objects', 'is required');
  if (objects.length > mostSent) refuse('objects', `must be at most ${mostSent}`);
  const seen = new Set<string>();
  const groups = new Map<string, { view: View; items: Item[]; places: number[] }>();
  for (const [at, object] of objects.entries()) {
    const place = `objects[${at}]`;
    if (!isRecord(object)) return refuse(place, 'must be an object');
    const id = text(object, 'id', `${place}.id`) ?? '';
    if (id === '') refuse(`${place}.id`, 'is required');
    if (seen.has(id)) refuse(`${place}.id`, `'${id}' is there twice`);
    seen.add(id);
    const name = tableNameOf(text(object, 'table', `${place}.table`), `${place}.table`);
    const group = groups.get(name) ?? {
      view: viewOf(name, context.catalog),
      items: [],
      places: [],
    };
    group.items.push({ object, id, place });
    group.places.push(at);
    groups.set(name, group);
  }
  const all = [...groups.values()].toSorted((left, right) =>
    left.view.name < right.view.name ? -1 : 1,
  );
  if (all.length === 0) return { kind: 'reply', reply: reply('{"objects":[]}') };
  return {
    kind: 'statements',
    ensure: all.flatMap(({ view }) => ensured(view)),
    statements: all.map(({ view, items }) => statement(view, items, context)),
    reply: (results: readonly Result[]) => {
      const texts: string[] = [];
      all.forEach(({ places }, index) => {
        textsOf(results[index]).forEach((object, at) => {
          texts[places[at] ?? 0] = object;
        });
      });
      return reply(`{"objects":[${texts.join(',')}]}`);
    },
  };
}

interface Item {
  readonly object: JsonObject;
  readonly id: string;
  readonly place: string;
}

/** One statement for the objects of one table. */
function statement(view: View, items: readonly Item[], context: RouteContext): Upsert {
  const caller = callerOf(context.principal);
  const rows = items.map(({ object, id, place }) => {
    const lists = listsOf(object, caller, view, place, true);
    return rowOf(view, checkedId(id, view, `${place}.id`), dataOf(object, view, place), lists);
  });
  const unnamed = view.objects ? 'keep' : 'default';
  return { kind: 'upsert', table: view.table, rows, unnamed, output: outputOf(view) };
}
