import { Command, Option } from 'commander';
import { loadConfig } from '../config.ts';
import {
  notEmpty,
  type PrincipalOptions,
  principalFrom,
  principalOptions,
  seconds,
  tenantSlug,
} from './values.ts';

/** `rowhouse token`: signs a token with the secret of this installation. */
export function tokenCommand(): Command {
  const token = new Command('token')
    .description('print a signed token')
    .option('--tenant <slug>', 'tenant it is good for', tenantSlug)
    .requiredOption('--sub <id>', 'principal it names', notEmpty);
  return principalOptions(token)
    .option('--operator', 'may manage tenants; belongs to none')
    .addOption(
      new Option('--ttl <time>', 'how long it is good, e.g. 30s, 15m, 1h, 7d')
        .argParser(seconds)
        .default(3_600, '1h'),
    )
    .addHelpText('after', '\nExample:\n  rowhouse token --tenant acme --sub alice --access full')
    .action(async (options: PrincipalOptions & { ttl: number }, command: Command) => {
      if (options.tenant === undefined && !options.operator) {
        command.error("error: required option '--tenant <slug>' not specified");
      }
      const { createTokens } = await import('../service/tokens.ts');
      const tokens = createTokens(loadConfig());
      process.stdout.write(`${await tokens.sign(principalFrom(options), options.ttl)}\n`);
    });
}
