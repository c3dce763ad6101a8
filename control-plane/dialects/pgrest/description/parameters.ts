import { count, integer, members, type Parameter, parameter, text } from '../../described.ts';
import { operatorWords } from '../operators.ts';

/** `column.op=value`, each a parameter; equality is told of the columns named. */
export function searchBy(columns: readonly string[] = []): Parameter {
  const known = columns.map((name) => `${name}.eq`);
  const description = `Conditions as \`column.op=value\`: ${operatorWords.join(', ')}.`;
  return { ...parameter('search', members(known, text), description), exploded: true };
}

export const parameters: Readonly<Record<string, Parameter>> = {
  Search: searchBy(),
  Where: parameter(
    'where',
    text,
    'Conditions as JSON text: `{"count": {"operator": "<", "value": 9}}`.',
  ),
  Order: parameter('order', text, '`column`, `column,ASC` or `column,DESC`.'),
  Limit: parameter('limit', integer, 'Rows at most; -1: as many as there may be.'),
  Offset: parameter('offset', count, 'Rows to leave out before.'),
};

/** Of every list of rows, besides conditions on columns. */
export const listing = ['Where', 'Order', 'Limit', 'Offset'];
