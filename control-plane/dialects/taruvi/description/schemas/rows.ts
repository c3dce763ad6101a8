import { fileFormats } from '../../../../statement/transfer.ts';
import {
  any,
  boolean,
  count,
  integer,
  list,
  nullable,
  number,
  object,
  oneOf,
  open,
  openObject,
  type Schema,
  text,
  time,
} from '../../../described.ts';
import { success } from './envelope.ts';

const names = list(text);

/** Of rows, their versions and edges. */
export const rows: Readonly<Record<string, Schema>> = {
  Row: {
    ...openObject({
      '_allowed_actions?': names,
      'rank?': number,
      '_depth?': count,
      '_relationship_type?': nullable(text),
    }),
    description: 'A row: its columns, and what the request asked for besides.',
    additionalProperties: true,
  },
  Values: { ...open, description: 'Values by column.' },
  Version: object({
    record_id: { description: 'The key of the row.', type: ['string', 'number', 'boolean'] },
    version: integer,
    event_type: oneOf('CREATE', 'UPDATE', 'DELETE'),
    previous_data: any,
    changed_fields: any,
    created_by: nullable(text),
    created_at: time,
  }),
  EdgeSent: object({
    'from_id?': any,
    'from?': any,
    'to_id?': any,
    'to?': any,
    'type?': text,
    'metadata?': open,
  }),
  Deleted: success(object({ deleted: count }), { deleted: count }),
  Imported: success(
    object({
      format: oneOf(...fileFormats),
      inserted: count,
      updated: count,
      skipped: count,
      error_count: count,
      errors: list(object({ row: integer, field: nullable(text), code: text, message: text })),
      dry_run: boolean,
    }),
  ),
};
