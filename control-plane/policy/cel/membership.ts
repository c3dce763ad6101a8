import { join, raw, type Sql, sql } from '../../base/sql.ts';
import { equality } from './compare.ts';
import { asJson, isNumber, jsonAs } from './convert.ts';
import { CelFault } from './fault.ts';
import { attempted, holds, truth, typeLabel, type Value } from './value.ts';

/** `x in list`: an error where x or the list is null; a null among the elements is equal to nothing. */
export function membership(item: Value, list: Value, position: number): Value {
  if (item.type === 'null') throw new CelFault('null is in no list', position);
  if (list.elements) return amongElements(item, list.elements, position);
  if (list.type === 'json') return inJson(item, list);
  if (typeof list.type !== 'object') {
    throw new CelFault(`a list is needed, not a ${typeLabel(list.type)}`, position);
  }
  return inArray(item, list, list.type.list, position);
}

function amongElements(item: Value, elements: readonly Value[], position: number): Value {
  const present = elements.filter(({ type }) => type !== 'null');
  const equals = present.map((element) => equality(item, element, false, position));
  const of = [item, ...elements];
  const found =
    equals.length === 0
      ? sql`false`
      : join(
          equals.map((each) => sql`coalesce(${each.sql}, false)`),
          ' or ',
        );
  const absent = [item, ...present.filter(({ mayFail }) => mayFail)].map(
    ({ sql: text }) => sql`(${text}) is null`,
  );
  const exact = sql`case when ${join(absent, ' or ')} then null else ${found} end`;
  const constants = present.every(({ constant }) => constant !== undefined);
  const alike = present.every(
    ({ type }) => type === item.type || (isNumber(type) && isNumber(item.type)),
  );
  const facts = { mayFail: of.some(({ mayFail, nullable }) => mayFail || nullable) };
  if (!constants || present.length === 0) return truth(exact, of, facts);
  // As a list of constants an index can serve it.
  if (alike && !item.native) {
    const listed = sql`(${item.sql} in (${join(present.map(({ sql: text }) => text))}))`;
    return truth(listed, of, facts);
  }
  return truth(exact, of, { ...facts, holds: sql`(${join(equals.map(holds), ' or ')})` });
}

function inJson(item: Value, list: Value): Value {
  const exact = sql`rowhouse.cel_in(${asJson(item)}, ${list.sql})`;
  const value = attempted('bool', exact, [item, list]);
  if (item.type !== 'string' || list.ofRow) return value;
  return { ...value, holds: sql`(${item.sql} = any (${jsonAs(list, 'strings')}::text[]))` };
}

/** Types of lists, where a sub-select must not be taken for rows. */
const arrays: Readonly<Record<string, string>> = { bool: 'boolean[]', timestamp: 'timestamptz[]' };

function inArray(item: Value, list: Value, element: string, position: number): Value {
  const of = [item, list];
  const fits =
    item.type === element || item.type === 'json' || (isNumber(item.type) && element === 'double');
  const whole = item.type === 'int' || element === 'int';
  if (!fits && !(whole && isNumber(item.type))) {
    const message = `a ${typeLabel(item.type)} is not in a ${typeLabel(list.type)}`;
    throw new CelFault(message, position);
  }
  if (item.type === 'json') {
    const exact = sql`rowhouse.cel_in(${item.sql}, to_jsonb(${list.sql}))`;
    return attempted('bool', exact, of);
  }
  const numeric = isNumber(item.type);
  const any: Sql = numeric
    ? sql`(${item.sql})::numeric = any (${list.sql}::numeric[])`
    : sql`${item.sql} = any ((${list.sql})::${raw(arrays[element] ?? 'text[]')})`;
  const absent = sql`(${item.sql}) is null or (${list.sql}) is null`;
  const exact = sql`case when ${absent} then null else coalesce(${any}, false) end`;
  return truth(exact, of, {
    mayFail: of.some(({ mayFail, nullable }) => mayFail || nullable),
    holds: sql`(${any})`,
  });
}
