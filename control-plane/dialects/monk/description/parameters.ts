import { boolean, count, type Parameter, parameter, type Schema, text } from '../../described.ts';
import { largestPage } from '../find.ts';

/** How many records of a list. */
export const limit: Schema = { ...count, maximum: largestPage };

/** What lists take, and what shapes replies. */
export const parameters: Readonly<Record<string, Parameter>> = {
  Where: parameter('where', text, 'Conditions as JSON text, as in the body of find.'),
  WhereNeeded: {
    ...parameter('where', text, 'Conditions as JSON text; `{}` means every record.'),
    required: true,
  },
  Order: parameter(
    'order',
    text,
    'Columns with their direction: `name`, `name desc,id`, or JSON text.',
  ),
  Limit: parameter('limit', limit, 'Records at most.'),
  Offset: parameter('offset', count, 'Records to leave out before.'),
  After: parameter('after', text, 'The id of the last record of the page before; not with offset.'),
  Count: parameter('count', boolean, 'Adds `total`: how many records match, whatever the page.'),
  Trashed: parameter('include_trashed', boolean, 'Deleted records too; false: not even by id.'),
  Deleted: parameter(
    'include_deleted',
    boolean,
    'Permanently deleted records too; needs a sudo token.',
  ),
  Stat: parameter('stat', boolean, 'false leaves the times out.'),
  Access: parameter('access', boolean, 'false leaves the access lists out.'),
  Select: parameter(
    'select',
    text,
    'Dotted paths of `data`, comma-separated: the reply is what they lead to, without envelope.',
  ),
  Unwrap: parameter('unwrap', boolean, 'The reply is `data`, without envelope.'),
  Permanent: parameter('permanent', boolean, 'Deletes for good; needs level root.'),
  Force: parameter(
    'force',
    boolean,
    'Retires a schema of the name and makes a new one; needs a sudo token.',
  ),
};

/** Of every list of records. */
export const paging = ['Where', 'Order', 'Limit', 'Offset', 'After', 'Count'];
/** Which records count as there. */
export const presence = ['Trashed', 'Deleted'];
/** What changes the form of a reply: schemas speak of replies without them. */
export const shaping = ['Stat', 'Access', 'Select', 'Unwrap'];
