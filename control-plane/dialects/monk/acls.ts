import { isObject, type Json, type JsonObject } from '../../base/json.ts';
import type { AccessList, Table } from '../../model/table.ts';
import type { OutputItem } from '../../statement/output.ts';
import type { AccessLists, Share } from '../../statement/statement.ts';
import type { DialectRequest, RouteContext } from '../dialect.ts';
import { isMember, oneObject } from './changes.ts';
import { refuse } from './codes.ts';
import { refuseStrangers } from './errors.ts';
import { parseWhere } from './filter.ts';
import { largestPage, queryShow, showOf } from './find.ts';
import { parseReply } from './lossless.ts';
import { format, listItems, noOutput } from './output.ts';
import type { Shape } from './respond.ts';
import { listNames, shownLists } from './system-fields.ts';
import { keyOf, nameOf, needFeature, ref, toRead, toWrite } from './tables.ts';
import { last, type Work } from './work.ts';
import { keyIs, keyMisfit } from './writes.ts';

type Handler = (request: DialectRequest, context: RouteContext, shape: Shape) => Work;

const schemaOf = (request: DialectRequest): string => request.params['schema'] ?? '';
const idOf = (request: DialectRequest): string => request.params['id'] ?? '';

/** Every list this dialect sets; the others of the engine stay as they are. */
const emptyLists: AccessLists = Object.fromEntries(shownLists.map(({ list }) => [list, []]));

export const getAcl: Handler = (request, context) => {
  const table = toRead(context, schemaOf(request));
  needFeature(table, 'acl');
  const id = idOf(request);
  const rights: OutputItem[] = [
    { kind: 'right', right: 'read', as: 'can_read' },
    { kind: 'right', right: 'edit', as: 'can_edit' },
    { kind: 'right', right: 'delete', as: 'can_delete' },
    { kind: 'right', right: 'denied', as: 'is_denied' },
  ];
  return {
    steps: [
      {
        kind: 'read',
        table: ref(table),
        where: keyIs(table, id),
        output: { items: [...listItems(), ...rights], format },
        limit: 1,
        show: showOf(queryShow(request.query), context.principal, 'trashed'),
        cap: largestPage,
        require: { key: id },
      },
    ],
    data: (results) => {
      const row = firstRow(last(results).rows);
      const pick = (names: readonly string[]): JsonObject =>
        Object.fromEntries(
          names.flatMap((name) => (name in row ? [[name, row[name] ?? null]] : [])),
        );
      return JSON.stringify({
        record_id: id,
        schema: nameOf(table),
        access_lists: pick(listNames),
        effective_permissions: pick(rights.map((item) => (item.kind === 'right' ? item.as : ''))),
      });
    },
    subject: { schema: nameOf(table), verb: 'read' },
    fail: (error) => keyMisfit(error, id),
  };
};

function firstRow(rows: string): JsonObject {
  const members = parseReply(rows);
  const [row] = Array.isArray(members) ? (members as readonly Json[]) : [];
  return row !== undefined && isObject(row) ? row : {};
}

export const mergeAcl: Handler = (request, context) => {
  const table = aclToWrite(request, context);
  const lists = parseLists(oneObject(request.body));
  if (Object.keys(lists).length === 0) refuse('NO_ACL_UPDATES', 'No access list is given');
  const updated = shownLists.filter(({ list }) => lists[list] !== undefined).map(({ as }) => as);
  return shareOne(table, idOf(request), { mode: 'merge', lists }, { updated_lists: updated });
};

export const replaceAcl: Handler = (request, context) => {
  const table = aclToWrite(request, context);
  const lists = { ...emptyLists, ...listsOnly(oneObject(request.body)) };
  return shareOne(table, idOf(request), { mode: 'set', lists }, {});
};

export const clearAcl: Handler = (request, context) => {
  const table = aclToWrite(request, context);
  const facts = { status: 'default_permissions' };
  return shareOne(table, idOf(request), { mode: 'set', lists: emptyLists }, facts);
};

/** `POST`: members added and removed. `PUT`: lists replaced. */
export const changeAcls: Handler = (request, context) => {
  const table = aclToWrite(request, context);
  const body = oneObject(request.body);
  refuseStrangers(body, ['where', 'acl_update']);
  const { where, acl_update: update } = body as { where?: Json; acl_update?: Json };
  if (where === undefined) return refuse('REQUEST_MISSING_WHERE', 'where is needed');
  const predicate = parseWhere(table, where);
  if (update === undefined) return refuse('NO_ACL_UPDATES', 'acl_update is needed');
  if (!isObject(update)) return refuse('INVALID_ACL_FORMAT', 'acl_update is an object of lists');
  if (Object.keys(update).length === 0) refuse('NO_ACL_UPDATES', 'acl_update names no list');
  const change: Share['change'] =
    request.method === 'PUT'
      ? { mode: 'set', lists: { ...emptyLists, ...listsOnly(update) } }
      : parsePatch(update);
  return {
    steps: [
      {
        kind: 'share',
        table: ref(table),
        target: { by: 'where', where: predicate },
        change,
        output: noOutput,
      },
    ],
    data: (results) => {
      const { matched = 0, changed = 0 } = last(results);
      return JSON.stringify({ matched, updated: changed });
    },
    subject: { schema: nameOf(table), verb: 'acl' },
  };
};

function aclToWrite(request: DialectRequest, context: RouteContext): Table {
  const table = toWrite(context, schemaOf(request));
  needFeature(table, 'acl');
  keyOf(table);
  return table;
}

function shareOne(table: Table, id: string, change: Share['change'], facts: JsonObject): Work {
  return {
    steps: [
      {
        kind: 'share',
        table: ref(table),
        target: { by: 'keys', keys: [id] },
        change,
        output: { items: listItems(), format },
      },
    ],
    data: (results) =>
      JSON.stringify({
        record_id: id,
        schema: nameOf(table),
        ...facts,
        access_lists: firstRow(last(results).rows),
      }),
    subject: { schema: nameOf(table), verb: 'acl' },
  };
}

function listsOnly(body: JsonObject): AccessLists {
  refuseStrangers(body, listNames);
  return parseLists(body);
}

/** The lists of a body. A key that is no list is a fault; a body without any list yields none. */
export function parseLists(body: JsonObject): AccessLists {
  const lists: { [list in AccessList]?: readonly string[] } = {};
  for (const { list, as } of shownLists) {
    const members = body[as];
    if (members !== undefined) lists[list] = membersOf(as, members);
  }
  if (Object.keys(lists).length > 0) refuseStrangers(body, listNames);
  return lists;
}

function membersOf(field: string, members: Json): readonly string[] {
  if (!Array.isArray(members)) {
    return refuse('INVALID_ACL_FORMAT', `${field} is an array of ids`, { field });
  }
  return (members as readonly Json[]).map((member) =>
    isMember(member)
      ? member
      : refuse('INVALID_USER_ID_FORMAT', `A member of ${field} is a non-empty string`, { field }),
  );
}

function parsePatch(update: JsonObject): Share['change'] {
  const add: { [list in AccessList]?: readonly string[] } = {};
  const remove: { [list in AccessList]?: readonly string[] } = {};
  refuseStrangers(update, listNames);
  for (const { list, as } of shownLists) {
    const patch = update[as];
    if (patch === undefined) continue;
    const wrong =
      !isObject(patch) || Object.keys(patch).some((k) => k !== '$add' && k !== '$remove');
    if (wrong) return refuse('INVALID_ACL_FORMAT', `${as} takes $add and $remove`, { field: as });
    const { $add: added, $remove: removed } = patch as { $add?: Json; $remove?: Json };
    if (added !== undefined) add[list] = membersOf(as, added);
    if (removed !== undefined) remove[list] = membersOf(as, removed);
  }
  return { mode: 'patch', add, remove };
}
