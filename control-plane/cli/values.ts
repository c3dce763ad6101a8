import { type Command, InvalidArgumentError, Option } from 'commander';
import { alternatives } from '../base/alternatives.ts';
import { isObject, type Json, type JsonObject } from '../base/json.ts';
import { type Level, levels, type Principal } from '../model/principal.ts';

/** Options that say who someone is. */
export interface PrincipalOptions {
  readonly tenant?: string;
  readonly sub: string;
  readonly roles?: readonly string[];
  readonly orgs?: readonly string[];
  readonly access?: Level;
  readonly operator?: boolean;
  readonly claims?: JsonObject;
}

/** A command with the options that say what else is true of a principal. */
export function principalOptions(command: Command): Command {
  return command
    .option('--roles <a,b>', 'names of roles', names)
    .option('--orgs <x,y>', 'ids of organisations', names)
    .option('--claims <json>', 'further claims, for conditions of policies', claims)
    .addOption(
      new Option('--access <level>', alternatives(levels)).argParser(accessLevel).default('edit'),
    );
}

/** The principal that the options describe. An operator belongs to no tenant. */
export function principalFrom(options: PrincipalOptions): Principal {
  const operator = options.operator ?? false;
  return {
    sub: options.sub,
    ...(options.tenant === undefined || operator ? {} : { tenant: options.tenant }),
    roles: options.roles ?? [],
    orgs: options.orgs ?? [],
    access: options.access ?? 'edit',
    sudo: false,
    operator,
    ...(options.claims === undefined ? {} : { attributes: options.claims }),
  };
}

/** Who acts when a command of this machine's operator writes to a tenant. */
export function commandPrincipal(tenant: string): Principal {
  return {
    sub: 'rowhouse',
    tenant,
    roles: [],
    orgs: [],
    access: 'root',
    sudo: true,
    operator: false,
  };
}

/** `a,b` → names. */
export function names(text: string): readonly string[] {
  const list = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return [...new Set(list)];
}

/** `{"dept":"sales"}` → claims for conditions of policies. */
export function claims(text: string): JsonObject {
  let value: Json = null;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    // Told below.
  }
  if (!isObject(value)) throw new InvalidArgumentError('It is a JSON object.');
  return value;
}

/** A level of access, by name. */
export function accessLevel(text: string): Level {
  const level = levels.find((name) => name === text);
  if (level === undefined) throw new InvalidArgumentError(`It is one of ${levels.join(', ')}.`);
  return level;
}

/** The slug of a tenant. */
export function tenantSlug(text: string): string {
  if (/^[a-z][a-z0-9_-]{0,39}$/.test(text)) return text;
  throw new InvalidArgumentError(
    'It begins with a small letter, then come at most 39 of a-z, 0-9, _ and -.',
  );
}

/** A text of 1 to 255 bytes. */
export function notEmpty(text: string): string {
  if (text.trim() === '' || Buffer.byteLength(text) > 255) {
    throw new InvalidArgumentError('It has 1 to 255 bytes.');
  }
  return text;
}

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** `90`, `15m`, `1h`, `7d` → seconds. */
export function seconds(text: string): number {
  const match = /^([1-9]\d{0,8})([smhd]?)$/.exec(text);
  if (match === null) throw new InvalidArgumentError('It is a time like 90s, 15m, 1h or 7d.');
  return Number(match[1]) * (units[match[2] || 's'] ?? 1);
}
