import { type Sql, sql } from '../base/sql.ts';
import type { Catalog } from '../model/catalog.ts';
import { type TableAction, tableResource } from '../model/policy.ts';
import type { Table } from '../model/table.ts';
import { certain } from './cel/value.ts';
import { permit, reach, type Scopes } from './decision.ts';
import { type Columns, tableScope } from './resource.ts';
import { names, type RuleBook, ruleBook } from './rules.ts';
import { asking, type Standing } from './standing.ts';

/** A decision on the rows of a table. */
export interface Question {
  readonly table: Table;
  readonly catalog: Catalog;
  readonly action: TableAction;
  /** Where the row's columns are found. */
  readonly columns: Columns;
  /** Absent: whoever asks. */
  readonly standing?: Standing;
  /** In place of the row's key. */
  readonly id?: Sql;
}

/** Whether the rules permit the action on the row. @throws ServiceError when a condition does not fit the table */
export function permitted(question: Question): Sql {
  return decide(permit, question);
}

/** Whether they could permit it on any row. */
export function reachable(question: Question): Sql {
  return decide(reach, question);
}

function decide(how: typeof permit, question: Question): Sql {
  const { table, catalog, action, columns, standing, id } = question;
  const book = bookOf(table, catalog);
  const reading = action === 'read' || action === 'aggregate' || action === 'export';
  const who = standing ?? asking(tenantOf(table), table.app, reading);
  const scopes: Scopes = (exact) => {
    const scope = tableScope(table, columns, who.caller, !exact);
    return id ? { ...scope, id: certain('string', id, true) } : scope;
  };
  return how(effective(action, book), book, who, scopes);
}

/** Reading for an aggregate or an export is reading, where no rule names it. */
function effective(action: TableAction, book: RuleBook): TableAction {
  const fallsBack = (action === 'aggregate' || action === 'export') && !names(book, action);
  return fallsBack ? 'read' : action;
}

/** Whether rules tell aggregates or exports from reads. */
function tellsReadsApart(table: Table, catalog: Catalog): boolean {
  const book = bookOf(table, catalog);
  return names(book, 'aggregate') || names(book, 'export');
}

function bookOf(table: Table, catalog: Catalog): RuleBook {
  return ruleBook(catalog, table.app, tableResource(table.name));
}

function tenantOf({ schema }: Table): string {
  return schema.slice('t_'.length);
}

/** Which rows may be read: for what the session reads them. */
export function readable(question: Omit<Question, 'action'>): Sql {
  const of = (action: TableAction): Sql => permitted({ ...question, action });
  if (!tellsReadsApart(question.table, question.catalog)) return of('read');
  return sql`case (select rowhouse.reading()) when 'aggregate' then ${of('aggregate')} when 'export' then ${of('export')} else ${of('read')} end`;
}
