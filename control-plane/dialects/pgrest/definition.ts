import { isObject, isStrings, type Json, type JsonObject } from '../../base/json.ts';
import { type Catalog, type NamedValues, nearestName } from '../../model/catalog.ts';
import { draftColumn } from '../../model/draft-column.ts';
import {
  endpoints as allEndpoints,
  type Column,
  type Endpoint,
  type TableDraft,
  type UniqueRule,
} from '../../model/table.ts';
import { parseColumn } from './column.ts';
import { isBuiltIn } from './column-type.ts';
import { wrong } from './errors.ts';
import { checkFree, checkName, checkRoot, parseEndpoints, tablesOf } from './names.ts';
import { checkSelf } from './reference.ts';

/** Keys that switch an endpoint off, one by one. */
const switches: readonly (readonly [string, Endpoint])[] = [
  ['list_all', 'list'],
  ['list_one', 'read'],
  ['list_single', 'read'],
  ['create', 'create'],
  ['update', 'update'],
  ['delete', 'delete'],
];

export const switchKeys: readonly string[] = switches.map(([key]) => key);

const keys = new Set([
  ...'table_name columns root_url enums comments constraints endpoints'.split(' '),
  ...switchKeys,
]);

/** A table's definition as a draft, with the enumerated types that are new. @throws ServiceError naming the key that is wrong */
export function parseTable(
  body: Json | undefined,
  catalog: Catalog,
): { readonly table: TableDraft; readonly enums: readonly NamedValues[] } {
  const sent = definitionBody(body, keys);
  const { table_name: name } = sent;
  if (typeof name !== 'string') return wrong('table_name is required', 'table_name');
  checkName(name, 'table_name');
  if (!isObject(sent['columns'])) return wrong('columns is required', 'columns');
  const enums = parseEnums(sent['enums'], catalog);
  const known = { ...catalog, enums: [...(catalog.enums ?? []), ...enums] };
  checkFree(known, name, 'table_name');
  const place = { catalog: known, table: name };
  const parsed = Object.entries(sent['columns']).map(([column, value]) =>
    parseColumn(column, value, place),
  );
  const primary = parsed.filter((each) => each.primary);
  if (primary.length > 1) wrong('Only one column can be the primary_key', 'primary_key');
  const implicit = `${name}_id`;
  const columns = parsed.map(({ column }) => column);
  if (primary.length === 0) {
    if (nearestName(columns, implicit))
      wrong(`The column ${implicit} is the implicit key`, implicit);
    columns.unshift(implicitKey(implicit));
  }
  refuseTwins(columns);
  const key = [primary[0]?.column.name ?? implicit];
  const references = parsed.flatMap(({ reference }) => (reference ? [reference] : []));
  const path = checkRoot(sent['root_url'] ?? name, tablesOf(catalog));
  const offered = offeredBy(sent);
  const comments = commentOf(sent['comments']);
  return {
    enums,
    table: {
      app: 'default',
      name,
      datasource: 'default',
      kind: 'table',
      provider: 'flat_table',
      access: 'grants',
      status: 'active',
      features: { timestamps: false, softDelete: false, acl: false, history: false },
      freeze: false,
      sudo: false,
      columns,
      key,
      references: checkSelf(references, { name, columns, key }),
      uniques: parseConstraints(sent['constraints'], columns, catalog),
      endpoints: offered,
      path,
      ...(comments === '' ? {} : { description: comments }),
      extra: primary.length === 0 ? { implicitKey: true } : {},
    },
  };
}

/** The keys of a definition that are not null, all of them known. */
export function definitionBody(body: Json | undefined, known: ReadonlySet<string>): JsonObject {
  if (!isObject(body)) return wrong('The body must be a JSON object', 'body');
  const present = Object.entries(body).filter(([, value]) => value !== null);
  const unknown = present.find(([key]) => !known.has(key));
  if (unknown) wrong(`Unknown key ${unknown[0]}`, unknown[0]);
  return Object.fromEntries(present) as JsonObject;
}

export function commentOf(value: Json | undefined): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : wrong('comments must be text', 'comments');
}

function implicitKey(name: string): Column {
  const column = draftColumn(name, { base: 'integer' });
  return { ...column, required: true, identity: { start: 1, increment: 1 } };
}

/** Names that differ by case alone could not be told apart where a client writes them in any case. */
export function refuseTwins(columns: readonly Column[]): void {
  const seen = new Set<string>();
  for (const { name } of columns) {
    const lower = name.toLowerCase();
    if (seen.has(lower)) wrong(`Two columns are called ${name}`, name);
    seen.add(lower);
  }
}

/** The list first, then the booleans switch further off. */
export function offeredBy(sent: JsonObject): readonly Endpoint[] {
  const listed = sent['endpoints'] === undefined ? allEndpoints : parseEndpoints(sent['endpoints']);
  const off = new Set<Endpoint>();
  for (const [key, endpoint] of switches) {
    const value = sent[key];
    if (value === undefined || value === true || value === 'true') continue;
    if (value !== false && value !== 'false') wrong(`${key} must be true or false`, key);
    off.add(endpoint);
  }
  return allEndpoints.filter((endpoint) => listed.includes(endpoint) && !off.has(endpoint));
}

/** Types that are not there yet; one that is must have the same values. */
function parseEnums(value: Json | undefined, catalog: Catalog): readonly NamedValues[] {
  if (value === undefined) return [];
  if (!isObject(value)) return wrong('enums must be an object', 'enums');
  const fresh: NamedValues[] = [];
  for (const [name, values] of Object.entries(value)) {
    checkName(name, 'enums');
    if (isBuiltIn(name)) wrong(`${name} is a data_type already`, name);
    const good =
      isStrings(values) &&
      values.length > 0 &&
      new Set(values).size === values.length &&
      values.every((each) => each !== '' && Buffer.byteLength(each) <= 63 && !each.includes('\0'));
    if (!good) return wrong(`enum ${name} must list distinct texts of 1 to 63 bytes`, name);
    const old = nearestName([...(catalog.enums ?? []), ...fresh], name);
    if (!old) {
      checkFree(catalog, name, 'enums');
      fresh.push({ name, values });
    } else if (old.name !== name || JSON.stringify(old.values) !== JSON.stringify(values)) {
      wrong(`enum ${name} exists with other values`, name);
    }
  }
  return fresh;
}

function parseConstraints(
  value: Json | undefined,
  columns: readonly Column[],
  catalog: Catalog,
): readonly UniqueRule[] {
  if (value === undefined) return [];
  if (!isObject(value)) return wrong('constraints must be an object', 'constraints');
  const other = Object.keys(value).find((kind) => kind !== 'unique');
  if (other !== undefined) wrong(`Constraints of kind ${other} are not served`, other);
  const rules = value['unique'] ?? {};
  if (!isObject(rules)) return wrong('unique must be an object', 'unique');
  const taken = new Set(catalog.tables.flatMap(({ uniques }) => uniques?.map((u) => u.name) ?? []));
  return Object.entries(rules).map(([name, list]) => {
    if (name === '' || Buffer.byteLength(name) > 63) wrong('A constraint needs a name', name);
    if (taken.has(name)) wrong(`The constraint ${name} exists`, name);
    if (!isStrings(list) || new Set(list).size < 2 || new Set(list).size !== list.length) {
      return wrong(`Constraint ${name} must name two columns or more`, name);
    }
    const found = list.map((text) => {
      const column = nearestName(columns, text);
      return column ? column.name : wrong(`Constraint ${name}: no such column ${text}`, text);
    });
    return { name, columns: found };
  });
}
