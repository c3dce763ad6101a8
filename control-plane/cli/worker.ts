/** The process of one worker: see {@link startCrew}. It serves what it is told to, until it is told to stop or its primary is gone. */
import { createWriteStream } from 'node:fs';
import { type App, createApp } from '../app.ts';
import { createLog } from '../http/log.ts';
import type { WorkerNews, WorkerOrder } from './workers.ts';

let app: App | undefined;

async function stop(): Promise<void> {
  await app?.close();
  process.exit(0);
}

async function serve({ config, logFile }: Extract<WorkerOrder, { kind: 'serve' }>): Promise<void> {
  const log =
    logFile === undefined
      ? {}
      : { log: createLog(createWriteStream(logFile, { flags: 'a', mode: 0o600 })) };
  app = createApp(config, log);
  const { url } = await app.listen(config.port, config.host);
  process.send?.({ kind: 'listening', url } satisfies WorkerNews);
}

// A Ctrl-C reaches the whole group: the primary tells when to stop.
process.on('SIGINT', () => undefined);
process.on('SIGHUP', () => undefined);
process.once('SIGTERM', () => void stop());
process.once('disconnect', () => void stop());
process.on('message', (order: WorkerOrder) => {
  if (order.kind === 'stop') void stop();
  else
    serve(order).catch((error: unknown) => {
      process.stderr.write(`${(error as Error).message}\n`);
      process.exit(1);
    });
});
