import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ServiceError } from '../base/errors.ts';
import { isObject } from '../base/json.ts';
import type { Config } from '../config.ts';
import type { Principal } from '../model/principal.ts';
import { demoTenant, seedDemo } from '../service/demo.ts';
import { openServices, type Services } from '../services.ts';
import type { Database } from './database.ts';
import { psqlCommand } from './login.ts';
import { progressBar } from './progress.ts';
import { commandPrincipal } from './values.ts';

/** Who the printed token and login are: may do everything with rows, and define tables. */
const visitor: Principal = {
  sub: 'demo',
  tenant: demoTenant,
  roles: [],
  orgs: [],
  access: 'full',
  sudo: false,
  operator: false,
};

const tokenSeconds = 30 * 86_400;

/** Makes the demo tenant where it is missing, seeds it, and says what to try. */
export async function prepareDemo(
  config: Config,
  database: Database,
  url: string,
  signal: AbortSignal,
): Promise<string> {
  const services = openServices(config, database.url);
  const bar = progressBar(process.stderr);
  try {
    await ensureTenant(services);
    const caller = {
      principal: commandPrincipal(demoTenant),
      requestId: randomUUID(),
      signal,
    };
    await seedDemo(services.loader, caller, bar.update);
    const login = await ensureLogin(services, config.home);
    const token = await services.tokens.sign(visitor, tokenSeconds);
    return welcome(url, token, psqlCommand(database.url, login.user, login.password));
  } finally {
    bar.end();
    await services.end();
  }
}

async function ensureTenant({ admin }: Services): Promise<void> {
  try {
    await admin.create(demoTenant, 'Demo', 'rowhouse');
  } catch (error) {
    if (!(error instanceof ServiceError && error.kind === 'tenant_exists')) throw error;
  }
}

interface Login {
  readonly user: string;
  readonly password: string;
}

/** The login role of the demo; its password is nowhere but in ROWHOUSE_HOME, so a new role is made when that was lost. */
async function ensureLogin(services: Services, home: string): Promise<Login> {
  const file = join(home, 'demo-login.json');
  const known = readLogin(file);
  if (known !== undefined && (await services.hasLogin(known.user))) return known;
  const password = randomBytes(18).toString('base64url');
  for (const user of ['demo', `demo_${randomBytes(3).toString('hex')}`]) {
    try {
      await services.createLogin({ tenant: demoTenant, user, password, principal: visitor });
      mkdirSync(home, { recursive: true, mode: 0o700 });
      writeFileSync(file, JSON.stringify({ user, password }), { mode: 0o600 });
      return { user, password };
    } catch (error) {
      // Roles belong to the whole cluster: the plain name may be someone else's.
      if (user !== 'demo') throw error;
    }
  }
  throw new ServiceError('internal');
}

function readLogin(file: string): Login | undefined {
  if (!existsSync(file)) return undefined;
  const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!isObject(value)) return undefined;
  const { user, password } = value;
  return typeof user === 'string' && typeof password === 'string' ? { user, password } : undefined;
}

function welcome(url: string, token: string, psql: string): string {
  const find = JSON.stringify({
    where: { major_genre: 'Comedy', imdb_rating: { $gte: 8 } },
    select: ['title', 'director', 'imdb_rating'],
    order: ['imdb_rating desc'],
    limit: 5,
  });
  return `
Rowhouse serves at ${url}

URL    ${url}
Token  ${token}

Three commands to paste, all as the same person:

curl -s '${url}/api/data/airports?order=iata&limit=3' -H 'Authorization: Bearer ${token}'

curl -s '${url}/api/find/movies' -H 'Authorization: Bearer ${token}' -H 'Content-Type: application/json' -d '${find}'

${psql} -c 'select origin, destination, count from flights order by count desc limit 5'
${onPath('psql') ? '' : '(psql is not installed here: it comes with the PostgreSQL client)\n'}
Ctrl-C stops the server and Postgres. The data stays.
`;
}

function onPath(program: string): boolean {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.some((folder) => existsSync(join(folder, program)));
}
