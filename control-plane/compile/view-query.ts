import { deparse, loadModule, parse } from 'pgsql-parser';
import { ServiceError } from '../base/errors.ts';
import type { Catalog } from '../model/catalog.ts';
import type { Table } from '../model/table.ts';
import { type Node, refuse } from './view-refusal.ts';
import { checkTree } from './view-tree.ts';

/** A query that has been checked: as printed from its tree, and the relations it reads. */
export interface CheckedQuery {
  readonly text: string;
  readonly reads: readonly Table[];
  /** It may leave rows of what it reads out. */
  readonly narrows: boolean;
}

/**
 * Reads the text of a view by Postgres' own grammar and refuses all but one SELECT over relations of the tenant, with functions of the
 * fixed list. What becomes the view is not the text but what the checked tree prints. `source`: `query`, or `select`, `from`, `where`.
 * @throws ServiceError invalid_definition naming what was found
 */
export async function checkedQuery(
  source: Readonly<Record<string, string>>,
  catalog: Catalog,
): Promise<CheckedQuery> {
  await loadModule();
  const tree =
    source['query'] === undefined
      ? await joined(source)
      : await single(source['query'].replace(/^\s*as\b/i, ''), 'query');
  const reads = checkTree(tree, catalog);
  const text = await deparse({ SelectStmt: tree } as never, { pretty: false });
  // The printer is not Postgres' own: what it prints must mean the same tree.
  const again = await single(text, 'query');
  checkTree(again, catalog);
  if (meaning(again) !== meaning(tree)) refuse('a form that cannot be printed back');
  return { text, reads, narrows: narrows(tree) };
}

/** The one SELECT of a text. */
async function single(text: string, what: string): Promise<Node> {
  let statements: readonly { readonly stmt?: unknown }[];
  try {
    statements = (await parse(text)).stmts ?? [];
  } catch (cause) {
    const message = `The ${what} cannot be parsed`;
    const detail = { reason: 'view', field: what };
    throw new ServiceError('invalid_definition', message, detail, { cause });
  }
  const [first] = statements;
  if (statements.length > 1) refuse('a second statement');
  const [kind, body] = Object.entries((first?.stmt ?? {}) as Node)[0] ?? [];
  if (kind !== 'SelectStmt') refuse(kind === undefined ? 'no query' : kind.replace(/Stmt$/, ''));
  return body as Node;
}

const neutral = new Set(['limitOption', 'op']);

/** Anything but columns of one relation and what operators make of them: a condition, a join, groups, a limit; a function may give no row. */
function narrows(tree: Node): boolean {
  const from = tree['fromClause'] as readonly Node[] | undefined;
  const plain = new Set([...neutral, 'targetList', 'fromClause', 'sortClause']);
  return (
    tree['op'] !== 'SETOP_NONE' ||
    from?.length !== 1 ||
    from[0]?.['RangeVar'] === undefined ||
    Object.keys(tree).some((key) => !plain.has(key)) ||
    JSON.stringify(tree['targetList']).includes('"FuncCall"')
  );
}

/** A select list, a relation and a condition as one tree: each is parsed alone, so none can end another. */
async function joined(source: Readonly<Record<string, string>>): Promise<Node> {
  const { select = '', from = '', where } = source;
  const list = await single(`select ${select}\n`, 'select list');
  requireOnly(list, 'targetList', 'list of expressions');
  const parts = from.split('.');
  const name = parts.pop() ?? '';
  const range = {
    ...(parts.length === 0 ? {} : { schemaname: parts.join('.') }),
    relname: name,
    inh: true,
    relpersistence: 'p',
  };
  const tree: Node = { ...list, fromClause: [{ RangeVar: range }] };
  if (where === undefined || where.trim() === '') return tree;
  const condition = await single(`select 1 where ${where}\n`, 'condition');
  const { targetList: _, ...rest } = condition;
  requireOnly(rest, 'whereClause', 'condition');
  return { ...tree, whereClause: condition['whereClause'] };
}

function requireOnly(tree: Node, part: string, what: string): void {
  const other = Object.keys(tree).find((key) => key !== part && !neutral.has(key));
  if (other !== undefined || tree['op'] !== 'SETOP_NONE' || tree[part] === undefined) {
    refuse(`more than a ${what} where a ${what} belongs`);
  }
}

/** A tree as text, without the places where its parts stood, and whatever the order of its keys. */
function meaning(tree: unknown): string {
  return JSON.stringify(bare(tree));
}

function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bare);
  if (typeof value !== 'object' || value === null) return value;
  const parts = Object.entries(value).filter(
    ([key]) => key !== 'location' && !/^(list|rexpr_list)_(start|end)$/.test(key),
  );
  parts.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(parts.map(([key, part]) => [key, bare(part)]));
}
