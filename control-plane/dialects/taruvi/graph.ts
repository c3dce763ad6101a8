import type { Table } from '../../model/table.ts';
import type { Output } from '../../statement/output.ts';
import type { Result, Show } from '../../statement/statement.ts';
import { type Direction, mostNodes, type Path, type Traverse } from '../../statement/traverse.ts';
import type { Action, DialectRequest, Reply } from '../dialect.ts';
import { refuse } from './errors.ts';
import { type Page, pageState } from './page.ts';
import { listText, oneText, successText } from './reply.ts';
import { lastOf, wordOf } from './request.ts';

type Query = DialectRequest['query'];

/** What a traversal shows. */
export const forms = ['flat', 'tree', 'graph', 'path'] as const;
export const directions = ['descendants', 'ancestors', 'both'] as const;
const orders = { bfs: 'breadth', dfs: 'depth' } as const;

/** The words for the order in which nodes are met. */
export const orderWords = Object.keys(orders) as readonly (keyof typeof orders)[];

/** Any of these asks for a traversal. */
const parameters = ['format', 'include', 'depth', 'relationship_type', 'graph_types', 'traversal'];

/** Parameters that only a path has: they would name fields elsewhere. */
const pathParameters = ['to', 'weight'];

/** How many edges a traversal follows one after the other, and how many a path has. */
const deepest = { traversal: 10, path: 100 } as const;

/** How many nodes the search for a path may meet on its way. */
const mostMet = 100_000;

/** What a traversal adds to rows. */
const keys = {
  row: 'data',
  depth: '_depth',
  type: '_relationship_type',
  children: 'children',
} as const;

/** A traversal as a query asks for it. */
export interface Traversal {
  readonly form: (typeof forms)[number];
  /** Absent: the usual one of the form. */
  readonly direction?: Direction;
  readonly depth: number;
  readonly types?: readonly string[];
  readonly order: Traverse['order'];
}

/** The traversal that a query asks for, if it does. @throws ServiceError naming the parameter */
export function traversalOf(query: Query): Traversal | undefined {
  if (!parameters.some((name) => query.has(name))) return undefined;
  const form = wordOf(query, 'format', forms) ?? 'flat';
  const direction = wordOf(query, 'include', directions);
  const order = wordOf(query, 'traversal', orderWords) ?? 'bfs';
  const types = typesOf(query);
  return {
    form,
    ...(direction === undefined ? {} : { direction }),
    depth: depthOf(query, form),
    ...(types === undefined ? {} : { types }),
    order: orders[order],
  };
}

/** The query without what only a path has. */
export function besidePath(query: Query, traversal: Traversal | undefined): Query {
  if (traversal?.form !== 'path') return query;
  return new Map([...query].filter(([name]) => !pathParameters.includes(name)));
}

function depthOf(query: Query, form: Traversal['form']): number {
  const most = form === 'path' ? deepest.path : deepest.traversal;
  const text = lastOf(query, 'depth');
  if (text === undefined) return form === 'path' ? most : 1;
  const depth = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  return depth >= 1 && depth <= most
    ? depth
    : refuse(`depth must be a whole number from 1 to ${most}`, 'depth');
}

/** Lists of types, in one parameter or several. */
function typesOf(query: Query): readonly string[] | undefined {
  const texts = ['relationship_type', 'graph_types'].flatMap((name) => query.get(name) ?? []);
  if (texts.length === 0) return undefined;
  const names = texts.flatMap((text) => text.split(',')).map((name) => name.trim());
  const [first = ''] = names;
  if (first === '' && names.length === 1) refuse('relationship_type is empty', 'relationship_type');
  return [...new Set(names)];
}

/** What both kinds of traversals need to know. */
export interface Shown {
  readonly table: Table;
  readonly output: Output;
  readonly show: Show;
}

/** `GET data/{id}/` with a traversal: from that row. */
export function traverseRow(traversal: Traversal, id: string, query: Query, shown: Shown): Action {
  if (traversal.form === 'path') return findPath(traversal, id, query, shown);
  const roots = { by: 'key', key: id } as const;
  return act(statementOf(traversal, traversal.form, roots, shown), (result) => {
    const { rows, matched = 0 } = result;
    const more = { total: matched };
    switch (traversal.form) {
      case 'tree':
        return successText(rows, 'Tree retrieved', 200, more);
      case 'graph':
        return successText(rows.slice(1, -1), 'Graph retrieved', 200, more);
      default:
        return oneText(rows, 'Row retrieved');
    }
  });
}

/** `GET data/` with a traversal: from every row of the page. */
export function traverseRows(
  traversal: Traversal,
  roots: Omit<Extract<Traverse['roots'], { by: 'where' }>, 'by' | keyof Page>,
  page: Page,
  shown: Shown,
): Action {
  const { form } = traversal;
  if (form === 'path') return refuse('A path begins at one row: data/{id}/', 'format');
  const statement = statementOf(traversal, form, { by: 'where', ...roots, ...page }, shown);
  return act(statement, ({ rows, count, total = 0, matched = 0 }) => {
    const state = { ...page, count, total };
    if (form === 'flat') return listText(rows, 'Data retrieved', state);
    const found = form === 'graph' ? rows.slice(1, -1) : rows;
    const more = { total: matched, pagination: pageState(state) };
    return successText(found, 'Data retrieved', 200, more);
  });
}

function statementOf(
  { direction = 'descendants', depth, types, order }: Traversal,
  form: Traverse['form'],
  roots: Traverse['roots'],
  { table, output, show }: Shown,
): Traverse {
  return {
    kind: 'traverse',
    table,
    roots,
    form,
    direction,
    depth,
    ...(types === undefined ? {} : { types }),
    order,
    keys,
    output,
    show,
    most: mostNodes,
  };
}

/** `format=path&to={id}` */
function findPath(
  { direction = 'ancestors', depth, types }: Traversal,
  from: string,
  query: Query,
  { table, output, show }: Shown,
): Action {
  const to = lastOf(query, 'to');
  if (to === undefined || to === '') return refuse('A path needs a row to lead to', 'to');
  const weight = lastOf(query, 'weight');
  if (weight === '') refuse('weight is empty', 'weight');
  const statement: Path = {
    kind: 'path',
    table,
    from,
    to,
    direction,
    depth,
    ...(types === undefined ? {} : { types }),
    ...(weight === undefined ? {} : { weight }),
    output,
    show,
    most: mostMet,
  };
  return act(statement, ({ rows }) => oneText(rows, 'Path retrieved'));
}

function act(statement: Traverse | Path, answer: (result: Result) => Reply): Action {
  return {
    kind: 'statements',
    statements: [statement],
    reply: ([result]) => answer(result ?? { rows: '[]', count: 0 }),
  };
}
