import { Command } from 'commander';
import { loadConfig } from '../config.ts';
import { gatewayUrl } from '../pg/gateway.ts';
import { withDatabase } from './database.ts';

/** `rowhouse doctor`: looks at a database and says what is wrong. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('check the database and say what is wrong')
    .action(async () => {
      const { doctor } = await import('../pg/doctor.ts');
      const config = loadConfig();
      const findings = await withDatabase(config, ({ url }) =>
        doctor(url, gatewayUrl(config.pooler ?? url, config.jwtSecret)),
      );
      for (const { level, message } of findings)
        process.stdout.write(`${level.padEnd(5)}  ${message}\n`);
      const worst = findings.some(({ level }) => level === 'error');
      if (worst) process.exitCode = 1;
      else if (findings.every(({ ok }) => ok)) process.stdout.write('Nothing is wrong\n');
    });
}
