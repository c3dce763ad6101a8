import { randomBytes } from 'node:crypto';
import { Command } from 'commander';
import { loadConfig } from '../config.ts';
import { withServices } from './services.ts';
import {
  notEmpty,
  type PrincipalOptions,
  principalFrom,
  principalOptions,
  tenantSlug,
} from './values.ts';

/** `rowhouse login create`: a Postgres role for people and programs that speak SQL. */
export function loginCommand(): Command {
  return new Command('login')
    .description('Postgres logins bound to a principal')
    .addCommand(createCommand());
}

function createCommand(): Command {
  const create = new Command('create')
    .description('make a Postgres LOGIN role bound to a principal, and print the psql command')
    .requiredOption('--tenant <slug>', 'tenant', tenantSlug)
    .requiredOption('--user <name>', 'name of the role', notEmpty)
    .requiredOption('--sub <id>', 'principal it is', notEmpty);
  return principalOptions(create).action(
    async (options: PrincipalOptions & { tenant: string; user: string }) => {
      const { user, tenant } = options;
      const password = randomBytes(18).toString('base64url');
      const url = await withServices(loadConfig(), async (services, database) => {
        const principal = principalFrom(options);
        await services.createLogin({ tenant, user, password, principal });
        if (database.embedded?.started) {
          process.stderr.write(
            'The embedded Postgres takes connections while `rowhouse serve` runs\n',
          );
        }
        return database.url;
      });
      process.stdout.write(`${psqlCommand(url, user, password)}\n`);
    },
  );
}

/** A command line that opens psql as the login role. */
export function psqlCommand(url: string, user: string, password: string): string {
  const { hostname, port, pathname, searchParams } = new URL(url);
  const sslmode = searchParams.get('sslmode');
  const words = [
    `PGPASSWORD=${password}`,
    ...(sslmode === null ? [] : [`PGSSLMODE=${sslmode}`]),
    'psql',
    `-h ${shellWord(hostname.replace(/^\[|\]$/g, '') || 'localhost')}`,
    ...(port === '' ? [] : [`-p ${port}`]),
    `-U ${shellWord(user)}`,
    `-d ${shellWord(decodeURIComponent(pathname.slice(1)) || 'postgres')}`,
  ];
  return words.join(' ');
}

function shellWord(text: string): string {
  return /^[\w.@%+=:,/-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
