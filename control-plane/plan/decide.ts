import { bind, ident, join, raw, type Sql, sql, toQuery } from '../base/sql.ts';
import { type Catalog, findTable } from '../model/catalog.ts';
import { tableActions } from '../model/policy.ts';
import type { Table } from '../model/table.ts';
import { permit } from '../policy/decision.ts';
import { givenScope } from '../policy/resource.ts';
import { ruleBook } from '../policy/rules.ts';
import { asking, type Standing, supposed } from '../policy/standing.ts';
import { permitted } from '../policy/table-decision.ts';
import type { Decide } from '../statement/statement.ts';
import { answerRow } from './answer-row.ts';
import { keyColumns, parseKey } from './key.ts';
import { castText } from './operand.ts';
import type { Planned } from './planned.ts';
import { relation } from './scope.ts';

type Question = Decide['questions'][number];

/** What the policies say of resources: by the same conditions that rows meet. Rows: one list of truths a question. */
export function planDecide(statement: Decide, catalog: Catalog): Planned {
  const { questions, app } = statement;
  const answers = questions.map((question) => answer(question, statement, catalog));
  const asked = sql`${bind(questions.length)}::int`;
  // Whether one may ask about somebody else is judged in any case, also where no verdict needs to look at that one.
  const { roles } = standingOf(statement, catalog, true);
  const count = statement.subject ? sql`case when ${roles} is not null then ${asked} end` : asked;
  const text = sql`select ${answerRow({ rows: sql`json_build_array(${join(answers)})::text`, count })}`;
  return {
    query: toQuery(text),
    show: 'live',
    intent: 'edit',
    readOnly: true,
    table: catalog.tables.find((table) => table.app === app) ?? nothing(catalog, app),
    suspects: [],
  };
}

/** Statements name the table they are about; this one may be about none. */
function nothing({ schema }: Catalog, app: string): Table {
  return {
    id: 0,
    uuid: '',
    schema,
    physical: '',
    app,
    name: '',
    datasource: '',
    kind: 'table',
    provider: 'flat_table',
    access: 'policy',
    status: 'active',
    freeze: false,
    sudo: false,
    columns: [],
    key: [],
    references: [],
    features: { timestamps: false, softDelete: false, acl: false, history: false },
    createdAt: '',
    updatedAt: '',
  };
}

/** The verdicts on one resource, a JSON array in the order of the actions. */
function answer(question: Question, statement: Decide, catalog: Catalog): Sql {
  const table = tableFor(question, statement, catalog);
  if (!table) return ofGiven(question, statement, catalog);
  const rule = (action: string): Sql => rowVerdict(action, question, statement, catalog, table);
  const { actions, attributes } = question;
  const record = (values: object): Sql =>
    sql`jsonb_populate_record(null::${relation(table)}, ${bind(JSON.stringify(values))}::jsonb)`;
  if (attributes !== undefined) {
    const names = new Set(table.columns.map(({ name }) => name));
    const own = Object.entries(attributes).filter(([name]) => names.has(name));
    return sql`(select ${verdicts(actions, rule)} from ${record(Object.fromEntries(own))} as t)`;
  }
  // A row that is hidden and one that is not there are the same: nothing can be done to it, but one of the kind may be made.
  const made = verdicts(actions, (action) => (action === 'create' ? rule(action) : sql`false`));
  const none = sql`(select ${made} from ${record({})} as t)`;
  const columns = keyColumns(table);
  const key = parseKey(question.id, columns);
  if (!key) return none;
  const conditions = columns.map(
    ({ name, type }, at) => sql`t.${ident(name)} = ${bind(key[at])}::text::${raw(castText(type))}`,
  );
  const row = sql`select ${verdicts(actions, rule)} from ${relation(table)} as t where ${join(conditions, ' and ')}`;
  return sql`coalesce((${row}), ${none})`;
}

/** The table that a resource is; other resources are what their attributes say. */
function tableFor({ resource }: Question, { app }: Decide, catalog: Catalog): Table | undefined {
  if (!resource.startsWith('datatable:')) return undefined;
  const table = findTable(catalog, { app, name: resource.slice('datatable:'.length) });
  const judged = table?.access === 'policy' && table.materialized !== false;
  return judged ? table : undefined;
}

function rowVerdict(
  action: string,
  question: Question,
  statement: Decide,
  catalog: Catalog,
  table: Table,
): Sql {
  const known = tableActions.find((each) => each === action);
  if (!known) return sql`false`;
  const columns = (name: string): Sql => sql`t.${ident(name)}`;
  const standing = standingOf(statement, catalog, isReading(known));
  const id = question.attributes === undefined ? {} : { id: sql`${bind(question.id)}::text` };
  return permitted({ table, catalog, action: known, columns, standing, ...id });
}

function ofGiven(question: Question, statement: Decide, catalog: Catalog): Sql {
  const { resource, id, attributes = {}, actions } = question;
  const book = ruleBook(catalog, statement.app, resource);
  const given = sql`${bind(JSON.stringify(attributes))}::jsonb`;
  return sql`(select ${verdicts(actions, (action) => {
    const standing = standingOf(statement, catalog, isReading(action));
    const scope = givenScope(given, sql`${bind(id)}::text`, standing.caller);
    // Administrators are allowed without a rule on tables only.
    return permit(action, book, { ...standing, anyway: () => sql`false` }, () => scope);
  })})`;
}

function standingOf({ app, subject }: Decide, catalog: Catalog, reading: boolean): Standing {
  return subject ? supposed(catalog.tenant, app, subject) : asking(catalog.tenant, app, reading);
}

function isReading(action: string): boolean {
  return action === 'read' || action === 'aggregate' || action === 'export';
}

function verdicts(actions: readonly string[], verdict: (action: string) => Sql): Sql {
  return sql`json_build_array(${join(actions.map((action) => sql`coalesce(${verdict(action)}, false)`))})`;
}
