import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { type Cluster, startPrivateCluster } from './cluster.ts';
import { installInto } from './install.ts';

/** What every test file is told of the one cluster of the run. */
export interface ClusterInfo {
  readonly port: number;
  readonly version: number;
  /** Superuser connection string to the maintenance database. */
  readonly adminUrl: string;
  /** Database with everything installed, never connected to: the source of every test file's own. */
  readonly template: string;
  /** ROWHOUSE_JWT_SECRET of the run; roles are cluster-wide, so it is one for all files. */
  readonly secret: string;
  /** Folder of the server programs when not the embedded ones: for tests with a cluster of their own. */
  readonly binDir?: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    cluster: ClusterInfo;
  }
}

let cluster: Cluster | undefined;

/** Starts the cluster and makes the template before the first test file. */
export async function setup(project: TestProject): Promise<void> {
  const named = process.env['ROWHOUSE_TEST_PG_BIN'];
  // Not a setting of the product, which refuses unknown ones: gone before any test starts a process of it.
  delete process.env['ROWHOUSE_TEST_PG_BIN'];
  const where = named === undefined || named === '' ? {} : { binDir: named };
  const started = await startPrivateCluster(where);
  cluster = started;
  try {
    const template = 'rowhouse_template';
    const secret = randomBytes(32).toString('hex');
    const admin = new pg.Client({ connectionString: started.url('postgres') });
    await admin.connect();
    try {
      await admin.query(`create database ${template}`);
      await installInto(started.url(template), secret);
    } finally {
      await admin.end();
    }
    project.provide('cluster', {
      port: started.port,
      version: started.version,
      adminUrl: started.url('postgres'),
      template,
      secret,
      ...where,
    });
  } catch (error) {
    await teardown();
    throw error;
  }
}

/** Stops the cluster; also after a failed setup. */
export async function teardown(): Promise<void> {
  await cluster?.stop();
  cluster = undefined;
}
