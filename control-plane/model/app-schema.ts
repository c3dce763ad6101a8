import { ServiceError } from '../base/errors.ts';
import type { Json, JsonObject } from '../base/json.ts';
import { isStorableText } from '../base/storable.ts';
import {
  type App,
  type AppSettings,
  defaultDataSource,
  findApp,
  findDataSource,
  largestBulk,
} from './app.ts';
import type { Catalog } from './catalog.ts';
import type { TableDraft } from './table.ts';

const longestSlug = 50;
const longestName = 255;
const longestText = 10_000;
/** Settings and configurations are part of every catalog, so they stay small. */
const longestObject = 65_536;
const mostMembers = 10_000;

/** The slug of a name: lower case, every run of other characters a `-`; empty when nothing is left. */
export function slugOf(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9_]+/g, '-')
    .replace(/^[-_]+/, '')
    .slice(0, longestSlug)
    .replace(/[-_]+$/, '');
}

/** @throws ServiceError invalid_name */
export function checkSlug(slug: string): void {
  if (/^[a-z0-9][a-z0-9_-]*$/.test(slug) && slug.length <= longestSlug) return;
  const message = `A slug begins with a-z or 0-9 and goes on with these, _ and -, at most ${longestSlug} characters`;
  throw new ServiceError('invalid_name', message, { field: 'slug' });
}

/** What people read of an app or datasource. @throws ServiceError invalid_definition */
export function checkWords(words: { readonly name?: string; readonly description?: string }): void {
  const { name, description } = words;
  if (name !== undefined && (name.trim() === '' || !isText(name, longestName))) {
    refuse('name', `name must be text of 1 to ${longestName} characters`);
  }
  if (description !== undefined && !isText(description, longestText)) {
    refuse('description', `description must be text of at most ${longestText} characters`);
  }
}

/** An object that is kept as it is. @throws ServiceError invalid_definition */
export function checkObject(value: JsonObject, field: string): void {
  const text = JSON.stringify(value);
  if (text.length > longestObject) refuse(field, `${field} is too large`);
  if (/\\u0000|\\ud[89a-f]/.test(text)) refuse(field, `${field} holds characters that no text has`);
}

interface SettingRule {
  readonly fits: (value: Json) => boolean;
  readonly must: string;
}

const settings: Readonly<Record<keyof AppSettings, SettingRule>> = {
  allow_anonymous: { fits: (value) => typeof value === 'boolean', must: 'be true or false' },
  default_policy: {
    fits: (value) => value === 'authenticated' || value === 'deny',
    must: 'be authenticated or deny',
  },
  rate_limit_per_hour: whole(0, 1e9),
  bulk_limit: whole(1, largestBulk),
};

function whole(least: number, most: number): SettingRule {
  const fits = (value: Json): boolean =>
    typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
  return { fits, must: `be a whole number from ${least} to ${most}` };
}

/** Settings whose keys the engine knows mean something; others are kept. @throws ServiceError invalid_definition */
export function checkSettings(values: JsonObject): void {
  for (const [key, { fits, must }] of Object.entries(settings)) {
    const value = Object.hasOwn(values, key) ? values[key] : undefined;
    if (value !== undefined && !fits(value)) refuse(key, `${key} must ${must}`);
  }
  checkObject(values, 'settings');
}

/** A role's name and who is to hold it. @throws ServiceError invalid_definition */
export function checkRole(name: string, members: readonly string[]): void {
  // `*` is every role where roles are spoken of.
  if (name.trim() === '' || name === '*' || !isText(name, longestName)) {
    refuse('name', `name must be text of 1 to ${longestName} characters, and not *`);
  }
  if (members.length > mostMembers) refuse('members', `A role has at most ${mostMembers} members`);
  if (!members.every((sub) => sub !== '' && isText(sub, longestName))) {
    refuse('members', `members must be texts of 1 to ${longestName} characters`);
  }
}

/** The parents of a role must end somewhere. @throws ServiceError invalid_definition */
export function checkParent(app: App, name: string, parent: string): void {
  const parents = new Map(app.roles.map((role) => [role.name, role.parent]));
  if (parent !== name && !parents.has(parent)) refuse('parent', `No such role '${parent}'`);
  for (let role: string | undefined = parent; role !== undefined; role = parents.get(role)) {
    if (role === name) refuse('parent', `'${name}' would be its own parent`);
  }
}

/** A table is made in an app and a datasource that are there; a datasource `default` comes with its first table. */
export function checkPlace(draft: TableDraft, catalog: Catalog): void {
  if (catalog.apps === undefined) return;
  const app = findApp(catalog, draft.app);
  if (!app) throw new ServiceError('relation_not_found', `No such app '${draft.app}'`);
  if (findDataSource(app, draft.datasource)) return;
  const taken = app.datasources.some(({ slug }) => slug === draft.datasource);
  if (draft.datasource === defaultDataSource && !taken) return;
  throw new ServiceError('relation_not_found', `No such datasource '${draft.datasource}'`);
}

function isText(text: string, longest: number): boolean {
  return text.length <= longest && isStorableText(text);
}

function refuse(field: string, message: string): never {
  throw new ServiceError('invalid_definition', message, { field });
}
