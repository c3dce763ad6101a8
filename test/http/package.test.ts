/**
 * The package as npm would publish it, unpacked into an empty folder beside what it depends on. The dependencies are copied from the
 * checkout, only those that package-lock.json doesn't count among the development ones: an install from a registry would download them.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { environment } from '../support/cli.ts';

const root = join(import.meta.dirname, '..', '..');
const home = mkdtempSync(join(tmpdir(), 'rowhouse-package-'));
const folder = join(home, 'app');
let files: readonly string[];
let size: number;
let tarball: string;

interface Locked {
  readonly packages: Readonly<
    Record<string, { readonly dev?: boolean; readonly devOptional?: boolean }>
  >;
}

beforeAll(() => {
  const packed = execFileSync('npm', ['pack', '--json', '--pack-destination', home], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const told = JSON.parse(packed.slice(packed.search(/^[[{]/m))) as unknown;
  const [{ filename, unpackedSize }] = (
    Array.isArray(told) ? told : Object.values(told as object)
  ) as [{ filename: string; unpackedSize: number }];
  size = unpackedSize;
  tarball = join(home, filename);
  files = execFileSync('tar', ['tzf', tarball], { encoding: 'utf8' }).trim().split('\n');
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, 'rowhouse'), { recursive: true });
  execFileSync('tar', ['xzf', tarball, '-C', join(modules, 'rowhouse'), '--strip-components=1']);
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Locked;
  for (const [place, { dev = false, devOptional = false }] of Object.entries(packages)) {
    // What lies below another package comes along with it; optional ones of other platforms are not there.
    const nested = place.lastIndexOf('node_modules/') > 0;
    if (place === '' || dev || devOptional || nested || !existsSync(join(root, place))) continue;
    mkdirSync(dirname(join(folder, place)), { recursive: true });
    copy(join(root, place), join(folder, place));
  }
  mkdirSync(join(modules, '.bin'), { recursive: true });
  symlinkSync('../rowhouse/bin/rowhouse.cjs', join(modules, '.bin', 'rowhouse'));
  writeFileSync(join(folder, 'package.json'), '{"name":"empty","private":true}');
});

afterAll(() => rmSync(home, { recursive: true, force: true }));

/** Links where the file system lets it, for the binaries are large. */
function copy(from: string, to: string): void {
  const linked = spawnSync('cp', ['-al', from, to], { stdio: 'ignore' });
  if (linked.status === 0) return;
  rmSync(to, { recursive: true, force: true });
  execFileSync('cp', ['-a', from, to]);
}

const settings = () =>
  environment({ PORT: '0', npm_config_loglevel: 'error', npm_config_offline: 'true' });

function npx(...args: readonly string[]): { readonly code: number | null; readonly text: string } {
  const done = spawnSync('npx', ['rowhouse', ...args], {
    cwd: folder,
    env: settings(),
    encoding: 'utf8',
  });
  return { code: done.status, text: done.stdout + done.stderr };
}

async function serve(): Promise<{ readonly child: ChildProcess; readonly url: string }> {
  // A group of its own: what a terminal sends its Ctrl-C to.
  const child = spawn('npx', ['rowhouse', 'serve'], {
    cwd: folder,
    env: settings(),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  return new Promise((resolve, reject) => {
    const look = (chunk: Buffer): void => {
      text += chunk.toString();
      const url = /serves at (\S+)/.exec(text)?.[1];
      if (url !== undefined) resolve({ child, url });
    };
    child.stdout.on('data', look);
    child.stderr.on('data', look);
    child.once('exit', () => reject(new Error(`serve ended:\n${text}`)));
  });
}

/** Processes that speak of the folder in their command line. */
function left(): readonly string[] {
  const { stdout } = spawnSync('ps', ['-ww', '-eo', 'pid=,args='], { encoding: 'utf8' });
  return stdout.split('\n').filter((line) => line.includes(home));
}

describe('the package', () => {
  it('holds compiled code, SQL and pages, and nothing else', () => {
    const tops = new Set(files.map((file) => file.split('/')[1]));
    const expected = [
      'CHANGELOG.md',
      'README.md',
      'bin',
      'dist',
      'docs',
      'package.json',
      'policies',
      'sql',
    ];
    expect([...tops].toSorted()).toEqual(expected);
    const strange = files.filter((file) =>
      /\.ts$|\.map$|\btests?\b|bench|\.tsbuildinfo$/.test(file),
    );
    expect(strange).toEqual([]);
    expect(files).toContain('package/dist/main.js');
    expect(files).toContain('package/dist/swagger-ui/LICENSE');
    expect(size).toBeLessThan(8_000_000);
  });

  it('is started as README.md says', () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    const [, script = ''] = /`npm pack` [\s\S]*?```sh\n([\s\S]*?)```/.exec(readme) ?? [];
    const said = script
      .trim()
      .split('\n')
      .map((line) => line.replace(/ +#.*/, ''));
    // What the next test does: of the first line all but the downloads.
    expect(said).toEqual([
      `npm install ./${basename(tarball)}`,
      'npx rowhouse serve',
      'npx rowhouse tenant create demo',
    ]);
  });

  it('serves from an empty folder without a development dependency', async () => {
    for (const name of ['vitest', 'typescript', 'swagger-ui-dist', '@biomejs']) {
      expect(existsSync(join(folder, 'node_modules', name)), name).toBe(false);
    }
    expect(npx('--help').text).toContain('start the server');
    const { child, url } = await serve();
    try {
      expect((await fetch(`${url}/ready`)).status).toBe(200);
      expect(npx('tenant', 'create', 'demo')).toMatchObject({ code: 0 });
      const { text } = npx('token', '--tenant', 'demo', '--sub', 'ada', '--access', 'root');
      const headers = {
        authorization: `Bearer ${text.trim().split('\n').at(-1)}`,
        'content-type': 'application/json',
      };
      const send = (path: string, body: unknown) =>
        fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
      const columns = [{ column_name: 'title', type: 'text' }];
      expect((await send('/api/describe/books', { columns })).status).toBe(200);
      expect((await send('/api/data/books', { title: 'Emma' })).status).toBe(200);
      writeFileSync(join(folder, 'people.csv'), 'name,age\nada,36\n');
      expect(npx('import', '--tenant', 'demo', 'people.csv')).toMatchObject({ code: 0 });
      const people = await fetch(`${url}/api/data/people`, { headers });
      expect(await people.json()).toMatchObject({ data: [{ name: 'ada', age: 36 }] });
      expect(npx('doctor')).toMatchObject({ code: 0 });
      const page = await (await fetch(`${url}/docs`)).text();
      const [, script = ''] = /src="(docs\/swagger[^"]+)"/.exec(page) ?? [];
      expect((await fetch(`${url}/${script}`)).status).toBe(200);
    } finally {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      process.kill(-(child.pid ?? 0), 'SIGINT');
      await ended;
    }
    // npx goes with the signal; the server behind it first ends its Postgres.
    await expect.poll(left, { timeout: 20_000 }).toEqual([]);
    await expect(fetch(`${url}/health`)).rejects.toThrow();
  });
});
