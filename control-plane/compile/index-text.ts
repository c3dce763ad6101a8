import { loadModule, parse } from 'pgsql-parser';
import { ServiceError } from '../base/errors.ts';
import { toText } from '../base/sql.ts';
import type { Definition } from '../model/definition.ts';
import { type IndexRule, systemColumns, type TableDraft } from '../model/table.ts';
import { printed } from './index-tree.ts';
import type { Node } from './view-refusal.ts';

/**
 * A draft whose indexes' expressions and conditions are read by Postgres' own grammar, held to a fixed list of what may stand there, and
 * printed anew from the tree: nothing of the text as sent reaches a statement.
 * @throws ServiceError invalid_definition naming the index and what was found
 */
async function checkedIndexes<T extends TableDraft>(draft: T): Promise<T> {
  const { indexes = [] } = draft;
  if (!indexes.some(({ expression, where }) => (expression ?? where) !== undefined)) return draft;
  await loadModule();
  const { timestamps } = draft.features;
  const columns = new Set([
    ...draft.columns.map(({ name }) => name),
    ...(timestamps ? systemColumns.timestamps : []),
  ]);
  const checked = indexes.map(async (rule) => ({ ...rule, ...(await textsOf(rule, columns)) }));
  return { ...draft, indexes: await Promise.all(checked) };
}

/** The same for the drafts of a definition. */
export async function checkedTexts(definition: Definition): Promise<Definition> {
  switch (definition.kind) {
    case 'create_table':
    case 'ensure_table':
      return { ...definition, table: await checkedIndexes(definition.table) };
    case 'change_table':
      return { ...definition, to: await checkedIndexes(definition.to) };
    case 'define_tables':
      return { ...definition, tables: await Promise.all(definition.tables.map(checkedIndexes)) };
    default:
      return definition;
  }
}

async function textsOf(
  { name, expression, where }: IndexRule,
  columns: ReadonlySet<string>,
): Promise<Pick<IndexRule, 'expression' | 'where'>> {
  const place = { index: name, columns };
  return {
    ...(expression === undefined
      ? {}
      : { expression: toText(printed(await expressionOf(expression, name), place)) }),
    ...(where === undefined
      ? {}
      : { where: toText(printed(await conditionOf(where, name), place)) }),
  };
}

/** Longer texts can nest deeper than the parser, the printer or Postgres can follow. */
const longest = 2000;

const neutral = new Set(['limitOption', 'op', 'targetList', 'whereClause']);

/** What is put between parentheses stands on its own without them: it doesn't close them itself. */
async function expressionOf(text: string, index: string): Promise<Node> {
  await selectOf(`select ${text}\n`, index);
  const select = await selectOf(`select (${text}\n)`, index);
  const targets = select['targetList'] as readonly Node[] | undefined;
  const target = targets?.[0]?.['ResTarget'] as Node | undefined;
  const plain = targets?.length === 1 && target?.['name'] === undefined;
  if (!plain || select['whereClause'] !== undefined) return refuse(index, 'not one expression');
  return target?.['val'] as Node;
}

async function conditionOf(text: string, index: string): Promise<Node> {
  await selectOf(`select 1 where ${text}\n`, index);
  const select = await selectOf(`select 1 where (${text}\n)`, index);
  const targets = select['targetList'] as readonly Node[] | undefined;
  if (targets?.length !== 1) return refuse(index, 'not one condition');
  return select['whereClause'] as Node;
}

/** The one SELECT that a text within it leaves a SELECT. */
async function selectOf(text: string, index: string): Promise<Node> {
  if (text.length > longest) return refuse(index, `a text of more than ${longest} characters`);
  let statements: readonly { readonly stmt?: unknown }[];
  try {
    statements = (await parse(text)).stmts ?? [];
  } catch {
    return refuse(index, 'a text that cannot be parsed');
  }
  const [first, second] = statements;
  const select = (first?.stmt as Node | undefined)?.['SelectStmt'] as Node | undefined;
  const other = Object.keys(select ?? {}).find((key) => !neutral.has(key));
  if (second || !select || other !== undefined || select['op'] !== 'SETOP_NONE') {
    return refuse(index, 'more than one expression');
  }
  return select;
}

function refuse(index: string, found: string): never {
  const message = `Index '${index}' has ${found}`;
  throw new ServiceError('invalid_definition', message, { field: index, reason: 'index' });
}
