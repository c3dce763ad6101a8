import { type Catalog, nearestName } from '../model/catalog.ts';
import type { Table } from '../model/table.ts';
import {
  allowedFunctions,
  allowedNodes,
  allowedTypes,
  allowedValues,
  nodeNames,
} from './view-allowed.ts';
import { type Node, refuse } from './view-refusal.ts';

/** Names of common table expressions that can be seen. */
type Scope = ReadonlySet<string>;

interface Walk {
  readonly catalog: Catalog;
  readonly reads: Set<Table>;
  readonly columns: Node[];
  /** Names that the query itself gives to columns. */
  readonly given: Set<string>;
  /** Names by which relations can be spoken of. */
  readonly ranges: Set<string>;
}

/**
 * Checks a SELECT's tree and makes it say what it means: relations and types with the tenant's schema, functions with pg_catalog, names
 * as they are spelt in the catalog. Changes the tree; answers with the relations it reads.
 */
export function checkTree(tree: Node, catalog: Catalog): readonly Table[] {
  const walk: Walk = {
    catalog,
    reads: new Set(),
    columns: [],
    given: new Set(),
    ranges: new Set(),
  };
  select(tree, new Set(), walk);
  for (const reference of walk.columns) spell(reference, walk);
  return [...walk.reads];
}

function select(body: Node, outer: Scope, walk: Walk): void {
  if (body['intoClause'] !== undefined) refuse('INTO');
  const { targetList, valuesLists, op } = body;
  if (op === 'SETOP_NONE' && targetList === undefined && valuesLists === undefined) {
    refuse('no columns');
  }
  if (body['lockingClause'] !== undefined) refuse('FOR UPDATE or FOR SHARE');
  const { withClause, larg, rarg, ...rest } = body;
  const scope = withClause === undefined ? outer : expressions(withClause as Node, outer, walk);
  if (larg !== undefined) select(larg as Node, scope, walk);
  if (rarg !== undefined) select(rarg as Node, scope, walk);
  visit(rest, scope, walk);
}

/** Each expression sees those before it; itself and all others only when the clause is recursive. */
function expressions(clause: Node, outer: Scope, walk: Walk): Scope {
  const all = (clause['ctes'] as readonly Node[]).map((each) => each['CommonTableExpr'] as Node);
  const names = all.map((each) => String(each['ctename']));
  let scope = new Set(clause['recursive'] === true ? [...outer, ...names] : outer);
  for (const [at, each] of all.entries()) {
    const { ctequery, aliascolnames, ...rest } = each;
    const [kind, query] = Object.entries(ctequery as Node)[0] ?? [];
    if (kind !== 'SelectStmt') refuse('a common table expression that writes');
    if (rest['search_clause'] !== undefined || rest['cycle_clause'] !== undefined) {
      refuse('SEARCH or CYCLE');
    }
    for (const name of texts(aliascolnames)) walk.given.add(name);
    select(query as Node, scope, walk);
    scope = new Set([...scope, names[at] ?? '']);
  }
  return scope;
}

function visit(value: unknown, scope: Scope, walk: Walk): void {
  if (Array.isArray(value)) {
    for (const item of value) visit(item, scope, walk);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  const entries = Object.entries(value as Node);
  const [only] = entries;
  if (only && entries.length === 1 && /^[A-Z]/.test(only[0])) {
    node(only[0], only[1] as Node, scope, walk);
    return;
  }
  for (const [key, part] of entries) {
    if (key === 'typeName') castType(part as Node, scope, walk);
    else visit(part, scope, walk);
  }
}

function node(kind: string, body: Node, scope: Scope, walk: Walk): void {
  if (!allowedNodes.has(kind)) refuse(nodeNames[kind] ?? kind);
  switch (kind) {
    case 'SelectStmt':
      select(body, scope, walk);
      return;
    case 'RangeVar':
      relation(body, scope, walk);
      return;
    case 'FuncCall':
      call(body);
      break;
    case 'A_Expr':
      operator(body['name']);
      break;
    case 'SortBy':
      operator(body['useOp']);
      break;
    case 'SubLink':
      operator(body['operName']);
      break;
    case 'CollateClause':
      if (texts(body['collname']).length > 1) refuse('a collation of a schema');
      break;
    case 'SQLValueFunction':
      if (!allowedValues.has(String(body['op']))) refuse(String(body['op']).replace('SVFOP_', ''));
      break;
    case 'ColumnRef':
      walk.columns.push(body);
      break;
    case 'ResTarget':
      if (typeof body['name'] === 'string') walk.given.add(body['name']);
      break;
    default:
  }
  const alias = body['alias'] as Node | undefined;
  for (const name of texts(alias?.['colnames'])) walk.given.add(name);
  if (typeof alias?.['aliasname'] === 'string') {
    walk.given.add(alias['aliasname']);
    walk.ranges.add(alias['aliasname']);
  }
  visit(body, scope, walk);
}

function texts(list: unknown): readonly string[] {
  const items = Array.isArray(list) ? (list as readonly Node[]) : [];
  return items.map((item) => String((item['String'] as Node | undefined)?.['sval'] ?? ''));
}

function operator(name: unknown): void {
  const names = texts(name);
  if (names.length > 1 && names[0] !== 'pg_catalog') refuse(`the operator ${names.join('.')}`);
}

function call(body: Node): void {
  const names = texts(body['funcname']);
  const name = names.at(-1) ?? '';
  const own = names.length === 1 || (names.length === 2 && names[0] === 'pg_catalog');
  if (!own || !allowedFunctions.has(name)) refuse(`the function ${names.join('.')}`);
  body['funcname'] = [{ String: { sval: 'pg_catalog' } }, { String: { sval: name } }];
}

function castType(body: Node, scope: Scope, walk: Walk): void {
  const names = texts(body['names']);
  const name = names.at(-1) ?? '';
  const [qualifier] = names.length > 1 ? names : [];
  if (body['setof'] === true || body['pct_type'] === true) refuse(`the type ${names.join('.')}`);
  visit(body['typmods'], scope, walk);
  // A type of the tenant does not take the place of one that every query means.
  const known = qualifier === undefined ? !allowedTypes.has(name) : isOwn(qualifier, walk.catalog);
  const found = known ? nearestName(walk.catalog.enums ?? [], name) : undefined;
  if (found) {
    body['names'] = [{ String: { sval: walk.catalog.schema } }, { String: { sval: found.name } }];
    return;
  }
  const builtIn = qualifier === undefined || qualifier === 'pg_catalog';
  if (!builtIn || !allowedTypes.has(name)) refuse(`the type ${names.join('.')}`);
  body['names'] = [{ String: { sval: 'pg_catalog' } }, { String: { sval: name } }];
}

/** The tenant's name, its schema's, or the word `tenant`: all mean its own schema. */
function isOwn(qualifier: string, { tenant, schema }: Catalog): boolean {
  return qualifier === 'tenant' || qualifier === tenant || qualifier === schema;
}

function relation(body: Node, scope: Scope, { catalog, reads, given, ranges }: Walk): void {
  const name = String(body['relname']);
  const alias = body['alias'] as Node | undefined;
  const colnames = texts(alias?.['colnames']);
  for (const each of colnames) given.add(each);
  const called = alias?.['aliasname'];
  if (typeof called === 'string') ranges.add(called);
  const qualifier = body['schemaname'];
  if (qualifier === undefined && body['catalogname'] === undefined && scope.has(name)) {
    ranges.add(name);
    return;
  }
  const own = qualifier === undefined || isOwn(String(qualifier), catalog);
  const there = catalog.tables.filter(
    ({ app, status }) => app === 'default' && status !== 'disabled',
  );
  const table = own && body['catalogname'] === undefined ? nearestName(there, name) : undefined;
  if (!table) refuse(`the relation ${[qualifier, name].filter((part) => part).join('.')}`);
  reads.add(table);
  body['schemaname'] = catalog.schema;
  body['relname'] = table.physical;
  if (alias === undefined) ranges.add(table.physical);
}

/** Spells a column as its table does, and takes the place of a qualifier's other names. */
function spell(body: Node, { catalog, reads, given, ranges }: Walk): void {
  const fields = body['fields'] as Node[];
  if (fields.length > 2) {
    const [qualifier = ''] = texts(fields);
    if (fields.length > 3 || !isOwn(qualifier, catalog))
      refuse(`the name ${texts(fields).join('.')}`);
    fields[0] = { String: { sval: catalog.schema } };
  }
  const at = fields.length - 2;
  const range = at < 0 ? '' : (texts(fields)[at] ?? '');
  const meant = ranges.has(range) ? range : onlyNear(ranges, range);
  if (meant !== undefined) fields[at] = { String: { sval: meant } };
  const name = texts(fields).at(-1) ?? '';
  if (name === '' || given.has(name)) return;
  const columns = new Set([...reads].flatMap((table) => table.columns.map((each) => each.name)));
  const found = columns.has(name) ? undefined : onlyNear(columns, name);
  if (found !== undefined) fields[fields.length - 1] = { String: { sval: found } };
}

function onlyNear(names: ReadonlySet<string>, name: string): string | undefined {
  const near = [...names].filter((each) => each.toLowerCase() === name.toLowerCase());
  return near.length === 1 ? near[0] : undefined;
}
