import { boolean, count, type Parameter, type Schema, text } from '../../described.ts';
import { largestPage } from '../find.ts';

/** How many records of a list. */
export const limit: Schema = { ...count, maximum: largestPage };

const flag = (name: string, description: string): Parameter => ({
  name,
  description,
  schema: boolean,
});

/** What lists take, and what shapes replies. */
export const parameters: Readonly<Record<string, Parameter>> = {
  Where: {
    name: 'where',
    description: 'Conditions as JSON text, as in the body of find.',
    schema: text,
  },
  WhereNeeded: {
    name: 'where',
    required: true,
    description: 'Conditions as JSON text; `{}` means every record.',
    schema: text,
  },
  Order: {
    name: 'order',
    description: 'Columns with their direction: `name`, `name desc,id`, or JSON text.',
    schema: text,
  },
  Limit: { name: 'limit', description: 'Records at most.', schema: limit },
  Offset: { name: 'offset', description: 'Records to leave out before.', schema: count },
  After: {
    name: 'after',
    description: 'The id of the last record of the page before; not with offset.',
    schema: text,
  },
  Count: flag('count', 'Adds `total`: how many records match, whatever the page.'),
  Trashed: flag('include_trashed', 'Deleted records too; false: not even by id.'),
  Deleted: flag('include_deleted', 'Permanently deleted records too; needs a sudo token.'),
  Stat: flag('stat', 'false leaves the times out.'),
  Access: flag('access', 'false leaves the access lists out.'),
  Select: {
    name: 'select',
    description:
      'Dotted paths of `data`, comma-separated: the reply is what they lead to, without envelope.',
    schema: text,
  },
  Unwrap: flag('unwrap', 'The reply is `data`, without envelope.'),
  Permanent: flag('permanent', 'Deletes for good; needs level root.'),
  Force: flag('force', 'Retires a schema of the name and makes a new one; needs a sudo token.'),
};

/** Of every list of records. */
export const paging = ['Where', 'Order', 'Limit', 'Offset', 'After', 'Count'];
/** Which records count as there. */
export const presence = ['Trashed', 'Deleted'];
/** What changes the form of a reply: schemas speak of replies without them. */
export const shaping = ['Stat', 'Access', 'Select', 'Unwrap'];
