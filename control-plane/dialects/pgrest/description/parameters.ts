import { count, integer, members, type Parameter, text } from '../../described.ts';
import { operatorWords } from '../operators.ts';

/** `column.op=value`, each a parameter; equality is told of the columns named. */
export function searchBy(columns: readonly string[] = []): Parameter {
  return {
    name: 'search',
    description: `Conditions as \`column.op=value\`: ${operatorWords.join(', ')}.`,
    schema: members(
      columns.map((name) => `${name}.eq`),
      text,
    ),
    exploded: true,
  };
}

export const parameters: Readonly<Record<string, Parameter>> = {
  Search: searchBy(),
  Where: {
    name: 'where',
    description: 'Conditions as JSON text: `{"count": {"operator": "<", "value": 9}}`.',
    schema: text,
  },
  Order: { name: 'order', description: '`column`, `column,ASC` or `column,DESC`.', schema: text },
  Limit: {
    name: 'limit',
    description: 'Rows at most; -1: as many as there may be.',
    schema: integer,
  },
  Offset: { name: 'offset', description: 'Rows to leave out before.', schema: count },
};

/** Of every list of rows, besides conditions on columns. */
export const listing = ['Where', 'Order', 'Limit', 'Offset'];
