import type { Config } from '../config.ts';
import type { Embedded } from '../pg/embedded.ts';

/** A database to work with, for as long as it is held. */
export interface Database {
  /** Connection string of a role that may create roles and schemas. */
  readonly url: string;
  /** Present when it is the embedded one. */
  readonly embedded?: Embedded;
  readonly release: () => Promise<void>;
}

/** DATABASE_URL, else the embedded Postgres: the running one, else one started now. */
export async function openDatabase(config: Config): Promise<Database> {
  if (config.databaseUrl !== undefined) {
    return { url: config.databaseUrl, release: async () => undefined };
  }
  const { openEmbedded } = await import('../pg/embedded.ts');
  const embedded = await openEmbedded({
    home: config.home,
    ...(config.pgPort === undefined ? {} : { port: config.pgPort }),
    notice: (text) => process.stderr.write(`${text}\n`),
  });
  return { url: embedded.adminUrl, embedded, release: embedded.release };
}

/** Runs `work` with the database and lets go of it whatever happens. */
export async function withDatabase<T>(
  config: Config,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const database = await openDatabase(config);
  try {
    return await work(database);
  } finally {
    await database.release();
  }
}
