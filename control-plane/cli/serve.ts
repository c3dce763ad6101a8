import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { type Config, loadConfig } from '../config.ts';
import { type Database, openDatabase } from './database.ts';
import { migrate } from './migrate.ts';
import { aborted, stopRequested } from './signals.ts';
import { type Crew, startCrew } from './workers.ts';

interface ServeOptions {
  readonly port?: string;
  readonly host?: string;
  readonly demo?: boolean;
  readonly workers?: number;
}

/** `rowhouse serve`: the server, with the embedded Postgres where no other is named. */
export function serveCommand(): Command {
  return new Command('serve')
    .description('start the server')
    .option('--port <n>', 'where it listens (default: PORT, else 8080; 0: any free one)')
    .option('--host <name>', 'address it listens on (default: HOST, else 127.0.0.1)')
    .option(
      '--workers <n>',
      'processes that serve together, each with its share of the connections',
      workerCount,
    )
    .option('--demo', 'make and seed the tenant demo first, then print what to try')
    .addHelpText('after', '\nCtrl-C or SIGTERM: requests in flight finish, then it ends.')
    .action((options: ServeOptions) => serve(options));
}

async function serve(options: ServeOptions): Promise<void> {
  const stop = stopRequested();
  const config = loadConfig({
    overrides: {
      ...(options.port === undefined ? {} : { PORT: options.port }),
      ...(options.host === undefined ? {} : { HOST: options.host }),
    },
  });
  const database = await openDatabase(config);
  try {
    database.embedded?.supervise();
    await migrate(database.url, config);
    if (!stop.aborted) await serveUntil(stop, config, database, options);
  } finally {
    await database.release();
  }
  process.stderr.write('Stopped\n');
}

async function serveUntil(
  stop: AbortSignal,
  config: Config,
  database: Database,
  { demo = false, workers = 1 }: ServeOptions,
): Promise<void> {
  const { prepareDemo } = await import('./demo.ts');
  // What the demo prints is to be read, not to scroll away behind a line per request.
  const log = demo ? { logFile: logFile(config) } : {};
  const serving = { ...config, databaseUrl: database.url };
  const crew = await (workers > 1
    ? startCrew(workers, serving, { ...log, notice })
    : alone(serving, log));
  const { url } = crew;
  try {
    if (demo) process.stdout.write(await prepareDemo(config, database, url, stop));
    else process.stdout.write(`Rowhouse serves at ${url}\n`);
    await aborted(stop);
  } catch (error) {
    // What a stop cuts short, such as seeding, is no failure; the next start goes on with it.
    if (!stop.aborted) throw error;
  } finally {
    await crew.stop();
  }
}

/** This process serves. */
async function alone(
  config: Config,
  { logFile: file }: { readonly logFile?: string },
): Promise<Crew> {
  const { createApp } = await import('../app.ts');
  const { createLog } = await import('../http/log.ts');
  const sink =
    file === undefined ? undefined : createWriteStream(file, { flags: 'a', mode: 0o600 });
  const app = createApp(config, sink === undefined ? {} : { log: createLog(sink) });
  try {
    const { url } = await app.listen(config.port, config.host);
    return { url, stop: () => app.close() };
  } catch (error) {
    await app.close();
    throw error;
  }
}

function notice(text: string): void {
  process.stderr.write(`${text}\n`);
}

function workerCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > 64) {
    throw new InvalidArgumentError('must be a whole number from 1 to 64');
  }
  return count;
}

function logFile(config: Config): string {
  const folder = join(config.home, 'logs');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return join(folder, 'server.log');
}
