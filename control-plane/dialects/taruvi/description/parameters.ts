import { fileFormats } from '../../../statement/transfer.ts';
import {
  boolean,
  count,
  integer,
  members,
  oneOf,
  type Parameter,
  parameter,
  text,
} from '../../described.ts';
import { exportFormats } from '../export.ts';
import { directions, forms, orderWords } from '../graph.ts';
import { faultModes, modes } from '../import.ts';
import { mostRows } from '../page.ts';

const whole = { ...integer, minimum: 1 };

/** Columns as parameters: `field`, `field__gte`, `relation.field__in` …  */
export function filters(columns: readonly string[] = []): Parameter {
  const description =
    'Conditions as `field=value` or `field__operator=value` (gt, lte, in, contains, startswith, between, null …); all must hold.';
  return { ...parameter('filter', members(columns, text), description), exploded: true };
}

export const parameters: Readonly<Record<string, Parameter>> = {
  Envelope: parameter('envelope', boolean, 'true: the reply as `data` of an envelope.'),
  Inactive: parameter('include_inactive', boolean, 'Deactivated ones too.'),
  Force: parameter('force', boolean, 'Drops foreign keys that refer to it.'),
  Purge: parameter('purge', boolean, 'Drops it for good.'),
  DryRun: parameter('dry_run', boolean, 'Tells what would be done, and does nothing.'),
  DataLoss: parameter('allow_data_loss', boolean, 'Allows changes by which stored data is lost.'),
  Materialize: parameter('materialize', boolean, 'false: only the definitions.'),
  Filters: filters(),
  Tree: parameter('filters', text, 'A tree of conditions as JSON text.'),
  Ordering: parameter('ordering', text, 'Fields, comma-separated; `-` before one: descending.'),
  Sort: parameter('_sort', text, 'Fields, comma-separated.'),
  SortOrder: parameter('_order', text, 'asc or desc for each of `_sort`.'),
  Page: parameter('page', whole, 'Number of the page, from 1.'),
  PageSize: parameter('page_size', whole, `Rows of a page, ${mostRows} at most.`),
  Limit: parameter('limit', count, 'Rows at most.'),
  Offset: parameter('offset', count, 'Rows to leave out before.'),
  Start: parameter('_start', count, 'First row, from 0.'),
  End: parameter('_end', count, 'Row behind the last.'),
  CountOnly: parameter('_count', boolean, 'true: no rows, only how many there are.'),
  Search: parameter('search', text, 'Words that rows hold; adds `rank`.'),
  Fields: parameter('fields', text, 'Only these columns, comma-separated.'),
  Populate: parameter('populate', text, 'Relations to read along, comma-separated, or `*`.'),
  Actions: parameter(
    'allowed_actions',
    text,
    'Actions to be asked of each row: adds `_allowed_actions`.',
  ),
  Deleted: parameter('include_deleted', boolean, 'Rows marked as deleted, too.'),
  Form: parameter('format', oneOf(...forms), 'Asks for a traversal of the graph.'),
  Direction: parameter('include', oneOf(...directions), 'Which way.'),
  Depth: parameter('depth', whole, 'How far.'),
  EdgeTypes: parameter('relationship_type', text, 'Types of edges, comma-separated.'),
  Traversal: parameter('traversal', oneOf(...orderWords), 'In which order.'),
  To: parameter('to', text, 'Where a path leads.'),
  Weight: parameter('weight', text, 'The field of the edges that a path is to have least of.'),
  Aggregate: parameter(
    '_aggregate',
    text,
    '`count(*),sum(price) as revenue`: groups in place of rows.',
  ),
  GroupBy: parameter('_group_by', text, 'What groups have in common.'),
  Having: parameter('_having', text, 'What groups must meet.'),
  Ids: parameter('ids', text, 'Keys, comma-separated or a JSON array.'),
  DeleteFilter: parameter('filter', text, 'Conditions as a JSON object.'),
  UniqueFields: parameter(
    'unique_fields',
    text,
    'What rows are found by, comma-separated; else the key.',
  ),
  Partial: parameter('partial', boolean, 'false: columns not named return to their default.'),
  Datasource: parameter('datasource', text, 'Only tables of this datasource.'),
  Materialized: parameter('is_materialized', boolean, 'Only tables that are, or are not, there.'),
  FileFormat: parameter('format', oneOf(...fileFormats), 'Of the file; else by its media type.'),
  ExportFormat: parameter('format', oneOf(...exportFormats), 'Of the file.'),
  Mode: parameter('mode', oneOf(...modes), 'What happens to rows that are there.'),
  OnError: parameter('on_error', oneOf(...faultModes), 'What happens when a row is wrong.'),
  Delimiter: parameter('delimiter', text, 'Between the fields of a CSV.'),
  RecordId: parameter('record_id', text, 'Only versions of this record.'),
  AppSlug: {
    ...parameter('X-App-Slug', text, 'The app that is meant.'),
    in: 'header',
    required: true,
  },
};

/** Which part of a list of definitions. */
export const bareList = ['Page', 'PageSize', 'Limit', 'Offset', 'Envelope'];
export const listPage = ['Page', 'PageSize', 'Limit', 'Offset', 'Start', 'End'];
export const matching = ['Filters', 'Tree'];
export const ordered = ['Ordering', 'Sort', 'SortOrder'];
export const traversal = ['Form', 'Direction', 'Depth', 'EdgeTypes', 'Traversal'];
/** What changes the form of rows: schemas of a table's own routes speak of rows without them. */
export const shaping = ['Fields', 'Populate', 'Actions', 'Deleted'];
