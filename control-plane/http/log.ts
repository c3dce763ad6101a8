import cluster from 'node:cluster';
import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/** JSON lines with UTC times; of several workers each names its process. Headers and bodies are never logged: they hold secrets. */
export function createLog(destination?: DestinationStream): Logger {
  const base = cluster.isWorker ? { pid: process.pid } : null;
  const options = { base, timestamp: pino.stdTimeFunctions.isoTime };
  return destination === undefined ? pino(options) : pino(options, destination);
}
