import type { JsonObject } from '../base/json.ts';
import type { Provider } from './table.ts';

/** A group of tables with roles and settings of its own. Names of tables are unique within it. */
export interface App {
  /** Counts per tenant. */
  readonly id: number;
  readonly slug: string;
  readonly name: string;
  readonly description: string;
  /** {@link AppSettings}, and whatever else clients keep there. */
  readonly settings: JsonObject;
  /** False: out of every dialect's and login's reach, with all it holds. */
  readonly active: boolean;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly createdBy: string;
  readonly modifiedBy?: string;
  readonly datasources: readonly DataSource[];
  readonly roles: readonly AppRole[];
}

/** The most rows or ids that an app may take in one call. */
export const largestBulk = 10_000;

/** Settings of an app that the engine knows. */
export interface AppSettings {
  /** Callers without a token may read what a policy allows the role `anonymous`. */
  readonly allow_anonymous?: boolean;
  /** `authenticated`: without a policy every principal of the tenant may do everything with rows. `deny`, or absent: nobody but administrators. */
  readonly default_policy?: 'authenticated' | 'deny';
  readonly rate_limit_per_hour?: number;
  /** Rows or ids of one call. */
  readonly bulk_limit?: number;
}

/** A group of tables of an app; new ones get its provider. */
export interface DataSource {
  /** Counts per tenant. */
  readonly id: number;
  readonly slug: string;
  readonly name: string;
  readonly provider: Provider;
  readonly config: JsonObject;
  readonly description: string;
  readonly active: boolean;
  /** Deactivated because its app was: comes back with it. */
  readonly deactivatedWith?: 'app';
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** A role within one app. */
export interface AppRole {
  readonly name: string;
  /** Whoever holds this role holds the parent too. */
  readonly parent?: string;
  /** Subs, sorted. */
  readonly members: readonly string[];
}

/** What the tables of an app hold, by Postgres' estimates. */
export interface AppMeasures {
  /** Rows and bytes are told to administrators of the app only. */
  readonly full: boolean;
  readonly tables: readonly TableMeasure[];
  /** When the tables of each datasource were last made or changed; definitions of several under ''. */
  readonly lastOperations: Readonly<Record<string, string>>;
}

export interface TableMeasure {
  readonly id: number;
  /** Null where they are not told. */
  readonly rows: number | null;
  readonly bytes: number | null;
  readonly indexes: number;
}

/** The app and the datasources that every tenant has. */
export const defaultApp = 'default';
export const defaultDataSource = 'default';

/** Roles that administer their app; every app has them. */
export const administratorRoles = ['owner', 'admin'] as const;

/** The active app of this slug, or undefined. */
export function findApp(
  { apps }: { readonly apps?: readonly App[] },
  slug: string,
): App | undefined {
  return apps?.find((app) => app.slug === slug && app.active);
}

/** The active datasource of this slug in an app, or undefined. */
export function findDataSource(app: App, slug: string): DataSource | undefined {
  return app.datasources.find((source) => source.slug === slug && source.active);
}
