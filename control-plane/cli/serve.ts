import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { type Config, loadConfig } from '../config.ts';
import { type Database, openDatabase } from './database.ts';
import { migrate } from './migrate.ts';
import { aborted, stopRequested } from './signals.ts';

interface ServeOptions {
  readonly port?: string;
  readonly host?: string;
  readonly demo?: boolean;
}

/** `rowhouse serve`: the server, with the embedded Postgres where no other is named. */
export function serveCommand(): Command {
  return new Command('serve')
    .description('start the server')
    .option('--port <n>', 'where it listens (default: PORT, else 8080; 0: any free one)')
    .option('--host <name>', 'address it listens on (default: HOST, else 127.0.0.1)')
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
    if (!stop.aborted) await serveUntil(stop, config, database, options.demo ?? false);
  } finally {
    await database.release();
  }
  process.stderr.write('Stopped\n');
}

async function serveUntil(
  stop: AbortSignal,
  config: Config,
  database: Database,
  demo: boolean,
): Promise<void> {
  const { createApp } = await import('../app.ts');
  const { createLog } = await import('../http/log.ts');
  const { prepareDemo } = await import('./demo.ts');
  // What the demo prints is to be read, not to scroll away behind a line per request.
  const log = demo ? { log: createLog(logFile(config)) } : {};
  const app = createApp({ ...config, databaseUrl: database.url }, log);
  try {
    const { url } = await app.listen(config.port, config.host);
    if (demo) process.stdout.write(await prepareDemo(config, database, url, stop));
    else process.stdout.write(`Rowhouse serves at ${url}\n`);
    await aborted(stop);
  } catch (error) {
    // What a stop cuts short, such as seeding, is no failure; the next start goes on with it.
    if (!stop.aborted) throw error;
  } finally {
    await app.close();
  }
}

function logFile(config: Config): NodeJS.WritableStream {
  const folder = join(config.home, 'logs');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return createWriteStream(join(folder, 'server.log'), { flags: 'a', mode: 0o600 });
}
