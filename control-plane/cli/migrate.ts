import { Command } from 'commander';
import { type Config, loadConfig } from '../config.ts';
import { gatewayPassword } from '../pg/gateway.ts';
import type { InstallReport } from '../pg/install.ts';
import { withDatabase } from './database.ts';

/** `rowhouse migrate`: installs or upgrades the database objects. */
export function migrateCommand(): Command {
  return new Command('migrate')
    .description('install or upgrade the database objects')
    .action(async () => {
      const config = loadConfig();
      const report = await withDatabase(config, ({ url }) => migrate(url, config));
      process.stdout.write(`${summary(report)}\n`);
    });
}

/** Brings the database up to this version. */
export async function migrate(
  url: string,
  { jwtSecret, statementTimeout }: Pick<Config, 'jwtSecret' | 'statementTimeout'>,
): Promise<InstallReport> {
  const { install } = await import('../pg/install.ts');
  return install(url, { gatewayPassword: gatewayPassword(jwtSecret), statementTimeout });
}

function summary({ migrations, modules, tenants }: InstallReport): string {
  const parts = [
    counted(migrations.length, 'migration'),
    counted(modules.length, 'module'),
    counted(tenants.length, 'tenant'),
  ].filter((part) => part !== undefined);
  return parts.length === 0
    ? 'Everything is up to date'
    : `Brought up to date: ${parts.join(', ')}`;
}

function counted(count: number, what: string): string | undefined {
  return count === 0 ? undefined : `${count} ${what}${count === 1 ? '' : 's'}`;
}
