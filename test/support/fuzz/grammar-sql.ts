/** Right forms of SQL, filled with whatever makes the running of it go wrong. */
import type { Dice } from './dice.ts';
import { texts } from './hostile.ts';

const numbers = ['0', '1', '-1', '2.5', '1e308', '9223372036854775807', '2147483648', '0.0000001'];
const literal = (of: Dice): string =>
  `'${of.one(texts).slice(0, 60).replaceAll("'", "''").replaceAll('\u0000', '')}'`;
const types = [
  'int',
  'bigint',
  'smallint',
  'numeric',
  'text',
  'boolean',
  'date',
  'timestamptz',
  'jsonb',
  'uuid',
  'bytea',
  'int[]',
  'interval',
  'char(3)',
  'numeric(3,1)',
  'regclass',
  'money',
  'xml',
  'point',
  'int4range',
  'tsvector',
  '"char"',
  'name',
  'oid',
];
const calls =
  `upper length abs sqrt ln exp factorial to_jsonb md5 chr ascii reverse trim initcap to_timestamp date_trunc
  repeat lpad substr left replace regexp_replace regexp_match split_part string_to_array array_length
  jsonb_path_query jsonb_each json_object generate_series unnest power mod div gcd format concat coalesce nullif
  greatest least to_char to_number make_date age extract encode decode convert_from quote_ident to_tsvector
  ts_rank similarity row_number count sum avg array_agg string_agg json_agg percentile_cont bool_and now random
  pg_typeof xmlparse width_bucket setseed version txid_current pg_column_size pg_size_pretty obj_description
  has_table_privilege to_regclass col_description inet_server_addr currval nextval lo_import dblink ts_stat
  cursor_to_xml pg_notify pg_cancel_backend`.split(/\s+/);
const operators = [
  '+',
  '-',
  '*',
  '/',
  '%',
  '^',
  '||',
  '=',
  '<>',
  '<',
  '>=',
  'and',
  'or',
  'like',
  'ilike',
  '~',
  '~*',
  'similar to',
  'is distinct from',
  '->',
  '->>',
  '#>',
  '@>',
  '<@',
  '&&',
  '<<',
  '&',
  '|',
  '#',
  'at time zone',
  'collate',
  '@@',
  '!~',
  '<->',
  'in',
  'overlaps',
  'operator(pg_catalog.+)',
];

/** An expression of SQL over the columns. */
export function sqlExpression(of: Dice, columns: readonly string[], depth = 3): string {
  const inner = (): string => sqlExpression(of, columns, depth - 1);
  if (depth === 0 || of.rarely(4)) {
    return of.one([
      of.one(columns),
      of.one(columns),
      of.one(numbers),
      literal(of),
      'null',
      'true',
      'current_date',
      'current_user',
      '*',
      '$1',
      'default',
    ]);
  }
  switch (of.below(9)) {
    case 0:
    case 1:
      return `(${inner()} ${of.one(operators)} ${inner()})`;
    case 2:
      return `${of.one(calls)}(${Array.from({ length: of.below(4) }, inner).join(', ')})`;
    case 3:
      return `(${inner()})::${of.one(types)}`;
    case 4:
      return `case when ${inner()} then ${inner()} else ${inner()} end`;
    case 5:
      return `(select ${inner()} from ${of.one(['pets', 'pets p', 'doc', 'shop_items', 'seen', 'generate_series(1, 9) g'])} limit 1)`;
    case 6:
      return `array[${inner()}, ${inner()}]`;
    case 7:
      return `${of.one(['count', 'sum', 'max', 'array_agg', 'rank'])}(${of.one(['', 'distinct ', 'all '])}${inner()}) ${of.one(['', 'over ()', 'over (partition by name order by age)', 'filter (where age > 1)', 'within group (order by age)'])}`;
    default:
      return `${inner()} ${of.one(['is null', 'is not true', 'between 1 and 2', 'in (1, 2, null)', '= any (array[1])', 'is json', 'is document'])}`;
  }
}

const heavy = [
  'select count(*) as n from generate_series(1, 100000000) a, generate_series(1, 100000000) b',
  'with recursive r(n) as (select 1 from pets union all select n + 1 from r) select n from r',
  'select repeat(name, 1000000000) as r from pets',
  "select lpad(name, 900000000, 'x') || lpad(name, 900000000, 'x') as r from pets",
  "select string_agg(repeat('x', 1000000), '') as r from generate_series(1, 2000)",
  'select array_fill(0, array[100000, 100000]) as r from pets',
  'select factorial(100000) as r from pets',
  'select 10.0 ^ 100000 as r from pets',
  "select regexp_replace(repeat('a', 30000), '((a*)*)*b', '') as r from pets",
  "select name ~ '((((a{1,255}){1,255}){1,255}){1,255})' as r from pets",
  `select ${'('.repeat(9_000)}1${')'.repeat(9_000)} as r from pets`,
  `select ${'-'.repeat(1)}${' - '.repeat(9_000)}1 as r from pets`,
  `select age${' + age'.repeat(20_000)} as r from pets`,
  `select ${Array.from({ length: 1_700 }, (_, at) => `age as c${at}`).join(', ')} from pets`,
  `select a0.age from ${Array.from({ length: 30 }, (_, at) => `pets a${at}`).join(', ')}`,
  'select * from pets tablesample system (1)',
  'select * from only pets',
  'table pets',
  'values (1)',
  'select from pets',
  'select name, age from pets order by 1 fetch first 1 rows with ties',
  'select (pets).name from pets',
  'select pets from pets',
  'select p.* from pets p, lateral (select p.name) q',
  'select name as "a\nb", age as "$$" from pets',
  "select 1/(age - 3) as r, (name)::int as i, ('x' || name)::date as d from pets",
  "select jsonb_path_query('{}', '$.a') as j from pets",
  'select xmlforest(name) as x from pets',
  "select set_config('a.b', 'c', true) as x from pets",
  'select name from pets where ctid is not null',
  'select xmin, age from pets',
  'select name collate "C" as c from pets order by name using ~<~',
  'select grouping(name), count(*) from pets group by cube(name, age)',
];

/** A query as a view holds it. */
export function viewQuery(of: Dice): string {
  if (of.rarely(3)) return of.one(heavy);
  const columns = ['name', 'age', 'fine', 'seen', 'list', 'size'];
  const expression = (): string => sqlExpression(of, columns);
  return `select ${expression()} as a, ${expression()} as b from pets${of.rarely(2) ? ` where ${expression()}` : ''}${of.rarely(3) ? ` group by ${expression()}` : ''}${of.rarely(3) ? ` order by ${expression()}` : ''}`;
}
