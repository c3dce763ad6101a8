import { ident, join, literal, type Sql, sql, toText } from '../base/sql.ts';
import type { Table } from '../model/table.ts';
import { type PhysicalColumn, physicalColumns } from './column.ts';
import { exactConversion, isWidening, lossyConversion } from './conversion.ts';
import { type RowRule, tableName } from './object.ts';
import type { Step } from './step.ts';

/** The rows of a table as they are, under the names its columns are about to get; new columns hold what they will hold. */
export function rowsAsIf(old: Table, next: Table): Sql {
  const was = new Map(physicalColumns(old).map((column) => [column.id, column]));
  const columns = physicalColumns(next).map((column) => {
    const name = ident(column.name);
    const before = was.get(column.id);
    if (before) return sql`${ident(before.name)} as ${name}`;
    return sql`${column.default ?? sql`null`}::${column.type} as ${name}`;
  });
  return sql`(select ${join(columns)} from ${tableName(old)}) as t`;
}

/** Query for the number of rows that break a rule. */
export function breakers(rule: RowRule, rows: Sql): string {
  switch (rule.kind) {
    case 'check':
      return toText(sql`select count(*) as count from ${rows} where not (${rule.holds})`);
    case 'unique': {
      const given = rule.columns.map((name) => sql`${ident(name)} is not null`);
      const conditions = join([...given, ...(rule.among ? [rule.among] : [])], ' and ');
      const names = join(rule.columns.map((name) => ident(name)));
      const groups = sql`select count(*) as times from ${rows} where ${conditions} group by ${names} having count(*) > 1`;
      return toText(sql`select coalesce(sum(times), 0) as count from (${groups}) as g`);
    }
    case 'reference': {
      const own = rule.columns.map((name) => sql`t.${ident(name)}`);
      const given = own.map((column) => sql`${column} is not null`);
      const equal = own.map(
        (column, at) => sql`r.${ident(rule.targetColumns[at] ?? '')} = ${column}`,
      );
      const there = sql`select from ${rule.target} as r where ${join(equal, ' and ')}`;
      const lost = join([...given, sql`not exists (${there})`], ' and ');
      return toText(sql`select count(*) as count from ${rows} where ${lost}`);
    }
  }
}

/** Query for the number of rows without a value in a column. */
export function unfilled(old: Table, name: string): string {
  return toText(sql`select count(*) as count from ${tableName(old)} where ${ident(name)} is null`);
}

/** Queries for the rows that a type change can't take over as they are, and those it can't even round or cut. */
export function misfitsOf(
  old: Table,
  was: PhysicalColumn,
  is: PhysicalColumn,
): Pick<Step, 'misfits' | 'hopeless'> {
  if (!was.model || !is.model || isWidening(was.model, is.model)) return {};
  const column = ident(was.name);
  const exact = exactConversion(column, was.model, is.model);
  const lossy = lossyConversion(column, was.model, is.model);
  const length = is.model.base === 'varchar' ? (is.model.length ?? 0) : 0;
  const count = (using: Sql, longest: number): string => {
    const [on, expression] = [literal(toText(tableName(old))), literal(toText(using))];
    const most = literal(longest);
    return toText(
      sql`select rowhouse.count_misfits(${on}, ${expression}, ${most}::integer) as count`,
    );
  };
  return {
    misfits: count(exact, length),
    ...(lossy ? { hopeless: count(lossy, 0) } : {}),
  };
}
