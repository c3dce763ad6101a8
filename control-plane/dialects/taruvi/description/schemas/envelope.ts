import {
  any,
  boolean,
  constant,
  count,
  integer,
  list,
  map,
  object,
  openObject,
  refs,
  type Schema,
  text,
} from '../../../described.ts';

/** A schema of this dialect. */
export const ref = refs('Taruvi');

/** The envelope of the data plane. */
export function success(data: Schema, more: Readonly<Record<string, Schema>> = {}): Schema {
  return object({ status: constant('success'), message: text, data, ...more });
}

/** A list in the envelope: how many there are in all, and which part this is. */
export function listed(items: Schema): Schema {
  return success(list(items), { total: count, pagination: ref('Pagination') });
}

/** Rows written by one call. */
export function records(row: Schema): Schema {
  return success(object({ records: list(row), count }));
}

const messages = map(list(text));

/** Of replies. */
export const envelope = {
  Failure: {
    ...openObject({
      status: constant('error'),
      code: text,
      message: text,
      'detail?': text,
      'errors?': {
        description: 'Messages by field, or faults of a package.',
        anyOf: [messages, list(any)],
      },
      'details?': messages,
    }),
    additionalProperties: true,
  },
  Pagination: object({
    offset: count,
    limit: count,
    count,
    current_page: integer,
    total_pages: count,
    has_next: boolean,
    has_previous: boolean,
  }),
} satisfies Readonly<Record<string, Schema>>;
