import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { doctorCommand } from './doctor.ts';
import { reason } from './failure.ts';
import { importCommand } from './import.ts';
import { loginCommand } from './login.ts';
import { migrateCommand } from './migrate.ts';
import { serveCommand } from './serve.ts';
import { tenantCommand } from './tenant.ts';
import { tokenCommand } from './token.ts';

const settingsHelp = `
Settings come from the environment or rowhouse.config.json, among them:
  DATABASE_URL         a Postgres of yours, 15 or newer (default: an embedded Postgres 18)
  ROWHOUSE_HOME        where the embedded Postgres keeps its data (default: .rowhouse)
  ROWHOUSE_JWT_SECRET  signs tokens; needed with DATABASE_URL
  PORT, HOST           where serve listens (default: 8080, 127.0.0.1)
Commands that need the database use DATABASE_URL, else the embedded Postgres: the running one, or one started for as long as needed.`;

/**
 * Runs one command line. Commands load what they need when they run, so help and tokens come at once. The exit code: 0, 1 for what went wrong, 2 for a command line that can't be understood.
 */
export async function run(argv: readonly string[]): Promise<number> {
  const program = new Command('rowhouse')
    .description('A Postgres-native data service for many tenants')
    .version(version())
    .addHelpText('after', settingsHelp)
    .showSuggestionAfterError(false);
  for (const command of [
    serveCommand(),
    tenantCommand(),
    tokenCommand(),
    loginCommand(),
    importCommand(),
    migrateCommand(),
    doctorCommand(),
  ]) {
    program.addCommand(command);
  }
  quiet(program);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) {
      // Help that was asked for is no error; help for want of a command is.
      if (error.exitCode === 0) return 0;
      if (error.code !== 'commander.help') say(error.message.replace(/^error: /, ''));
      return 2;
    }
    say(reason(error));
    return 1;
  }
}

/** Commander neither ends the process nor writes errors itself: every failure is one line, written in one place. */
function quiet(command: Command): void {
  command.exitOverride().configureOutput({ outputError: () => undefined });
  for (const each of command.commands) quiet(each);
}

function say(message: string): void {
  process.stderr.write(`rowhouse: ${message.replaceAll(/\s*\n\s*/g, ' ').trim()}\n`);
}

function version(): string {
  const file = new URL('../../package.json', import.meta.url);
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  return version;
}
