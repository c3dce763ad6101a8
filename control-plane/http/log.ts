import cluster from 'node:cluster';
import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/** JSON lines with UTC times; of several workers each names its process. Headers, bodies and values are never logged: they hold secrets. */
export function createLog(destination?: DestinationStream): Logger {
  const base = cluster.isWorker ? { pid: process.pid } : null;
  const options = {
    base,
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: errorOf },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
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
