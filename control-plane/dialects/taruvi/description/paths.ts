import {
  type Answer,
  answer,
  count,
  type Described,
  list,
  type Routes,
  type Schema,
} from '../../described.ts';

const app = '/api/apps/:app';

/** A route of an app. */
export function ofApp(method: string, rest: string, described: Described): Routes {
  return { [`${method} ${app}${rest}`]: described };
}

/** A route on tables, in its short form and under a datasource. */
export function ofTables(method: string, rest: string, described: Described): Routes {
  return {
    ...ofApp(method, `/datatables${rest}`, described),
    ...ofApp(method, `/datasources/:datasource/datatables${rest}`, {
      ...described,
      id: `${described.id}OfDatasource`,
      summary: `${described.summary} (named with its datasource)`,
    }),
  };
}

/** A bare list of definitions, with how many there are. */
export function bareListed(description: string, items: Schema): Answer {
  return {
    ...answer(description, list(items)),
    headers: {
      'X-Total-Count': {
        description: 'How many there are in all.',
        schema: count,
      },
    },
  };
}

export const gone: Answer = { description: 'Done; there is nothing to say.' };
