import { ident, join, literal, raw, type Sql, sql, toText } from '../base/sql.ts';
import type { IndexRule, OperatorClass, Table } from '../model/table.ts';
import { type TableObject, tableName } from './object.ts';

/** The indexes a definition asks for by name. Texts of expressions and conditions are those of index-text.ts, printed from checked trees. */
export function declaredIndexes(table: Table): readonly TableObject[] {
  return (table.indexes ?? []).map((rule) => {
    const name = ident(table.schema, rule.name);
    const unique = raw(rule.unique ? 'unique ' : '');
    const where = rule.where === undefined ? sql`` : sql` where ${raw(rule.where)}`;
    const on = sql`using ${raw(rule.method)} (${parts(rule)})${where}`;
    const create = sql`create ${unique}index ${ident(rule.name)} on ${tableName(table)} ${on}`;
    const comment = sql`comment on index ${name} is ${literal(rule.comment ?? null)}`;
    return {
      kind: 'index',
      on: table.physical,
      name: rule.name,
      create: [toText(create), ...(rule.comment === undefined ? [] : [toText(comment)])],
      drop: [toText(sql`drop index ${name}`)],
      apart: { kind: 'index', unique: rule.unique === true, on },
      ...ruleOf(rule),
      // 54000: a stored value too long for an index.
      conflicts: ['54', ...(rule.unique ? ['23'] : [])],
      // Postgres rebuilds an index on plain columns itself; a text over them may mean nothing for the new type.
      pins:
        rule.expression === undefined && rule.where === undefined && !hasClass(rule)
          ? []
          : table.columns.map((column) => column.name),
    };
  });
}

/** Counted are the rows that share plain columns. */
function ruleOf({ columns, unique, where }: IndexRule): Pick<TableObject, 'rule'> {
  if (!unique || !columns) return {};
  const names = columns.map(({ name }) => name);
  const among = where === undefined ? {} : { among: raw(where) };
  return { rule: { kind: 'unique', columns: names, ...among } };
}

function hasClass({ columns = [], operatorClass }: IndexRule): boolean {
  return operatorClass !== undefined || columns.some((column) => column.operatorClass);
}

function parts({ columns = [], expression, operatorClass }: IndexRule): Sql {
  if (expression !== undefined) return sql`(${raw(expression)})${classText(operatorClass)}`;
  return join(
    columns.map(({ name, descending, operatorClass: own }) => {
      const order = raw(descending ? ' desc' : '');
      return sql`${ident(name)}${classText(own)}${order}`;
    }),
  );
}

/** Names of the fixed list in model/table.ts. */
function classText(name: OperatorClass | undefined): Sql {
  if (name === undefined) return sql``;
  return name.endsWith('_trgm_ops') ? sql` rowhouse_trigrams.${raw(name)}` : sql` ${raw(name)}`;
}
