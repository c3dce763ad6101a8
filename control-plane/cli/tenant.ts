import { Command } from 'commander';
import { loadConfig } from '../config.ts';
import { withServices } from './services.ts';
import { notEmpty, tenantSlug } from './values.ts';

/** `rowhouse tenant create|list|drop`. */
export function tenantCommand(): Command {
  return new Command('tenant')
    .description('make, list and drop tenants')
    .addCommand(createCommand())
    .addCommand(listCommand())
    .addCommand(dropCommand());
}

function createCommand(): Command {
  return new Command('create')
    .description('make a tenant: its Postgres schema and role')
    .argument('<slug>', 'a-z, 0-9, _ and -, beginning with a letter', tenantSlug)
    .option('--name <text>', 'name for people', notEmpty)
    .action(async (slug: string, options: { name?: string }) => {
      const tenant = await withServices(loadConfig(), ({ admin }) =>
        admin.create(slug, options.name, 'rowhouse'),
      );
      process.stdout.write(`Tenant ${tenant.slug} is made\n`);
    });
}

function listCommand(): Command {
  return new Command('list').description('list the tenants').action(async () => {
    const tenants = await withServices(loadConfig(), ({ admin }) => admin.list());
    const width = Math.max(...tenants.map((tenant) => tenant.slug.length), 6);
    for (const { slug, status, createdAt, name } of tenants) {
      process.stdout.write(`${slug.padEnd(width)}  ${status}  ${createdAt}  ${name}\n`);
    }
  });
}

function dropCommand(): Command {
  return new Command('drop')
    .description('drop a tenant with its schema, role, logins and every row')
    .argument('<slug>', 'the tenant', tenantSlug)
    .option('--yes', 'really: there is no way back')
    .action(async (slug: string, options: { yes?: boolean }, command: Command) => {
      if (!options.yes) {
        command.error(`error: this drops tenant ${slug} with every row of it: repeat with --yes`);
      }
      await withServices(loadConfig(), ({ admin }) => admin.drop(slug, 'rowhouse'));
      process.stdout.write(`Tenant ${slug} is dropped\n`);
    });
}
