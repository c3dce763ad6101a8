import cluster from 'node:cluster';
import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/** Bytes of lines, and milliseconds, after which they are written: a write for each line was an eighth of a request's processor time. */
const together = { minLength: 8_192, periodicFlush: 50 };

/** JSON lines with UTC times; of several workers each names its process. Headers, bodies and values are never logged: they hold secrets. */
export function createLog(destination: DestinationStream = standardOutput()): Logger {
  const base = cluster.isWorker ? { pid: process.pid } : null;
  const options = {
    base,
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: errorOf },
  };
  return pino(options, destination);
}

let output: DestinationStream | undefined;

/** One for the process, and nothing of it is lost when that ends, but for a kill -9. */
function standardOutput(): DestinationStream {
  if (output) return output;
  const stream = pino.destination({ dest: 1, sync: true, ...together });
  process.on('exit', () => stream.flushSync());
  output = stream;
  return stream;
}

/** What is told of an error of Postgres. `detail`, `where` and the rest hold values of rows and texts of statements. */
const told = ['code', 'severity', 'schema', 'table', 'column', 'constraint', 'routine'] as const;

/** Classes of SQLSTATE whose messages quote values: data exceptions, broken constraints, and those that functions raise. */
const quoting = /^(22|23|P0|RH)/;

function errorOf(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name: type, message, stack, cause } = error;
  const facts = error as Error & Readonly<Partial<Record<(typeof told)[number], unknown>>>;
  const isOfPostgres = typeof facts.code === 'string' && typeof facts.severity === 'string';
  if (!isOfPostgres) {
    return { type, message, stack, ...(cause === undefined ? {} : { cause: errorOf(cause) }) };
  }
  const kept = told.flatMap((key) => (facts[key] === undefined ? [] : [[key, facts[key]]]));
  const quotes = quoting.test(String(facts.code));
  return {
    type,
    ...Object.fromEntries(kept),
    message: quotes ? 'a message with values' : message,
    stack: quotes ? stack?.replace(message, '') : stack,
  };
}
