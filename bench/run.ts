import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Bench, openBench } from './environment.ts';
import type { Report, Scenario } from './scenario.ts';
import { acl } from './scenarios/acl.ts';
import { dataSvc } from './scenarios/data-svc.ts';
import { evolution } from './scenarios/evolution.ts';
import { graph } from './scenarios/graph.ts';
import { http } from './scenarios/http.ts';
import { imports } from './scenarios/import.ts';
import { peers } from './scenarios/peers.ts';
import { pgbench } from './scenarios/pgbench.ts';
import { pgrest } from './scenarios/pgrest.ts';
import { policy } from './scenarios/policy.ts';
import { populate } from './scenarios/populate.ts';
import { provision } from './scenarios/provision.ts';
import { search } from './scenarios/search.ts';
import { session } from './scenarios/session.ts';
import { printed } from './table.ts';

const scenarios: Readonly<Record<string, Scenario>> = {
  session,
  pgbench,
  http,
  peers,
  acl,
  provision,
  pgrest,
  policy,
  populate,
  search,
  evolution,
  graph,
  import: imports,
  'data-svc': dataSvc,
};

const usage = `node bench/run.ts [--quick] [--profile] [--tenants N] [${Object.keys(scenarios).join('] [')}]
Without names: all of them. --quick: small data and short rounds, to see that everything works.
--tenants: how many the scenario provision makes (1,000; 30 with --quick).
--profile: the server's processor time goes to bench/results/*.cpuprofile, for the developer tools of a browser.
DATABASE_URL (with ROWHOUSE_JWT_SECRET): that database instead of a private one; tenants made in it are dropped again.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
    tenants: { type: 'string', default: '' },
    help: { type: 'boolean', default: false },
  },
});
const unknown = positionals.filter((name) => !Object.hasOwn(scenarios, name));
const tenants = values.tenants === '' ? undefined : Number(values.tenants);
if (tenants !== undefined && !(Number.isInteger(tenants) && tenants >= 20)) {
  console.log(`--tenants: a whole number from 20\n${usage}`);
  process.exit(2);
}
if (values.help || unknown.length > 0) {
  console.log(unknown.length > 0 ? `No scenario ${unknown.join(', ')}\n${usage}` : usage);
  process.exit(values.help ? 0 : 2);
}

const results = new URL('results/', import.meta.url);
const profile = values.profile ? ['--cpu-prof', `--cpu-prof-dir=${fileURLToPath(results)}`] : [];
const opened = await openBench(values.quick, profile);
const bench: Bench = { ...opened, ...(tenants === undefined ? {} : { tenants }) };
process.once('SIGINT', () => {
  void bench.close().finally(() => process.exit(130));
});
try {
  const memory = `${Math.round(totalmem() / 2 ** 30)} GB`;
  console.log(`Postgres ${bench.postgres}, ${cpus().length} cores, ${memory} of memory.`);
  console.log('Load generator, server and Postgres share the cores: compare within a line.\n');
  mkdirSync(results, { recursive: true });
  for (const name of positionals.length > 0 ? positionals : Object.keys(scenarios)) {
    try {
      const report = await scenarios[name]?.(bench);
      if (report === undefined) continue;
      show(report);
      const { charts = {}, ...rest } = report;
      writeFileSync(new URL(`${name}.json`, results), `${JSON.stringify(rest, undefined, 2)}\n`);
      for (const [file, svg] of Object.entries(charts)) {
        writeFileSync(new URL(file, results), svg);
        console.log(`bench/results/${file} shows it as bars.\n`);
      }
    } catch (error) {
      // What the others found is worth having.
      console.log(`${name} FAILED:`, error, '\n');
      process.exitCode = 1;
    }
  }
} finally {
  await bench.close();
}

function show({ tables, goals = [], notes = [] }: Report): void {
  for (const table of tables) console.log(`${printed(table)}\n`);
  for (const note of notes) console.log(`- ${note}`);
  for (const { text, met } of goals) console.log(`- ${met ? 'met' : 'MISSED'}: ${text}`);
  if (goals.length + notes.length > 0) console.log();
}
