import { ServiceError } from '../../base/errors.ts';
import { isObject, type Json } from '../../base/json.ts';
import type { Result } from '../../statement/statement.ts';
import type { Action, DialectRequest, RouteContext } from '../dialect.ts';
import { type Operation, parseOperation, workOf } from './bulk-operations.ts';
import { MonkError, refuse, withData } from './codes.ts';
import { translate } from './errors.ts';
import { type Shape, success } from './respond.ts';
import { failOf, type Step, type Work } from './work.ts';

const mostOperations = 1000;

/** One operation among the statements of all. */
interface Part {
  readonly operation: Operation;
  readonly work: Work;
  readonly first: number;
}

/** `POST /api/bulk`: every shape is checked before anything is built, everything is built before anything runs. */
export function bulk(request: DialectRequest, context: RouteContext, shape: Shape): Action {
  const operations = operationsOf(request.body).map((value, index) =>
    numbered(index, () => parseOperation(value)),
  );
  const parts: Part[] = [];
  let first = 0;
  for (const [index, operation] of operations.entries()) {
    const work = numbered(index, () => workOf(operation, context, shape));
    parts.push({ operation, work, first });
    first += work.steps.length;
  }
  if (first === 0) return { kind: 'reply', reply: success(shape, textOf(parts, [])) };
  return {
    kind: 'statements',
    statements: parts.flatMap(({ work, first: offset }, index) =>
      work.steps.map((step) => placed(step, offset, index)),
    ),
    reply: (results) => success(shape, textOf(parts, results)),
    fail: (error) => failure(parts, error),
  };
}

function operationsOf(body: Json | undefined): readonly Json[] {
  const operations = body !== undefined && isObject(body) ? body['operations'] : undefined;
  if (!Array.isArray(operations)) {
    return refuse('REQUEST_INVALID_FORMAT', 'The body is {"operations": […]}');
  }
  if (operations.length > mostOperations) {
    refuse('PARAMETER_LIMIT_EXCEEDED', `At most ${mostOperations} operations in one request`);
  }
  return operations;
}

/** A refusal that says which operation it's about. */
function numbered<T>(index: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    throw withData(translate(error), { operation_index: index });
  }
}

/** A step that builds on its own operation's results, among those of all. */
function placed(step: Step, offset: number, index: number): Step {
  if (typeof step !== 'function') return step;
  return (earlier) => numbered(index, () => step(earlier.slice(offset)));
}

function textOf(parts: readonly Part[], results: readonly Result[]): string {
  const texts = parts.map(({ operation, work, first }) => {
    const own = results.slice(first, first + work.steps.length);
    const name = JSON.stringify(operation.name);
    const schema = JSON.stringify(operation.schema);
    return `{"operation":${name},"schema":${schema},"result":${work.data(own)}}`;
  });
  return `[${texts.join(',')}]`;
}

function failure(parts: readonly Part[], error: ServiceError): ServiceError {
  if (error instanceof MonkError && error.extras.data?.['operation_index'] !== undefined) {
    return error;
  }
  // A statement alone is not numbered.
  const alone = parts.reduce((sum, { work }) => sum + work.steps.length, 0) === 1;
  const statement = error.detail.statement ?? (alone ? 0 : undefined);
  if (statement === undefined) return error;
  const index = parts.findLastIndex(
    ({ first, work }) => first <= statement && work.steps.length > 0,
  );
  const part = parts[index];
  if (part === undefined) return error;
  const own = failOf(part.work, error, statement - part.first);
  return withData(own, { operation_index: index });
}
