import cluster, { type Worker } from 'node:cluster';
import { extname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Config } from '../config.ts';

/** What a worker is told to serve, and what it says of itself. */
export type WorkerOrder =
  | { readonly kind: 'serve'; readonly config: Config; readonly logFile?: string }
  | { readonly kind: 'stop' };
export type WorkerNews = { readonly kind: 'listening'; readonly url: string };

/** Processes that serve one address together. */
export interface Crew {
  readonly url: string;
  /** Lets requests in flight finish, then ends all. */
  readonly stop: () => Promise<void>;
}

/** A worker that ends sooner than this after its start has not served; so many in a row, and all is given up. */
const tooSoon = 2_000;
const patience = 5;

/**
 * Starts worker processes on one port; each has its share of the connections. One that ends without being told to is replaced.
 * @throws Error when they end as soon as they are started
 */
export async function startCrew(
  count: number,
  config: Config,
  options: { readonly logFile?: string; readonly notice: (text: string) => void },
): Promise<Crew> {
  // Two at least: a transaction asks on a second connection why it failed.
  const share = { ...config, pool: Math.max(2, Math.floor(config.pool / count)) };
  const order: WorkerOrder = {
    kind: 'serve',
    config: share,
    ...(options.logFile === undefined ? {} : { logFile: options.logFile }),
  };
  cluster.setupPrimary({
    exec: fileURLToPath(new URL(`./worker${extname(import.meta.url)}`, import.meta.url)),
    args: [],
  });
  const crew = new Set<Worker>();
  let stopping = false;
  let failures = 0;
  let ready = 0;
  const listening = Promise.withResolvers<string>();
  const hire = (): void => {
    const started = Date.now();
    const worker = cluster.fork();
    crew.add(worker);
    worker.send(order);
    worker.once('message', ({ url }: WorkerNews) => {
      ready++;
      if (ready >= count) listening.resolve(url);
    });
    worker.once('exit', (code, signal) => {
      crew.delete(worker);
      if (stopping) return;
      failures = Date.now() - started < tooSoon ? failures + 1 : 0;
      if (failures >= patience) listening.reject(new Error('The workers end as they start'));
      options.notice(`Worker ${worker.process.pid} ended (${signal ?? code}) and is replaced`);
      void sleep(100 * 2 ** failures).then(() => stopping || hire());
    });
  };
  for (let n = 0; n < count; n++) hire();
  const stop = async (): Promise<void> => {
    stopping = true;
    const ends = [...crew].map((worker) => {
      const end = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
      if (worker.isConnected()) worker.send({ kind: 'stop' } satisfies WorkerOrder);
      return end;
    });
    await Promise.all(ends);
  };
  try {
    return { url: await listening.promise, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
