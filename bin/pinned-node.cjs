'use strict';
const { spawnSync } = require('node:child_process');
const { existsSync, lstatSync, mkdirSync, rmSync, symlinkSync } = require('node:fs');
const path = require('node:path');

/**
 * Options of Node for the server. The young generation grows to this many megabytes (twice, and once more for what is large) instead of
 * 32 on a large machine: 161 to 174 MB resident under load, where 16 needed 176 to 180, at the same speed.
 */
exports.nodeOptions = ['--max-semi-space-size=8'];

/**
 * Path of the Node that the package `node` brings. npm may have been told to run no install scripts; then its binary is missing and
 * the package's own install step is run here.
 */
exports.pinnedNode = function pinnedNode(root) {
  const home = path.dirname(require.resolve('node/package.json', { paths: [root] }));
  const binary = path.join(home, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (!existsSync(binary)) {
    process.stderr.write('Fetching the pinned Node\n');
    const done = spawnSync(process.execPath, ['installArchSpecificPackage.js'], {
      cwd: home,
      stdio: ['ignore', 'ignore', 'inherit'],
      // The step runs npm once more. What npm told us of its own run would lead that one astray.
      env: Object.fromEntries(
        Object.entries(process.env).filter(
          ([name]) => !/^npm_(config_global|lifecycle|package)/.test(name),
        ),
      ),
    });
    if (done.status !== 0 || !existsSync(binary)) {
      throw new Error('the pinned Node could not be installed: see above');
    }
  }
  link(path.join(home, '..', '.bin'), binary);
  return binary;
};

/** node_modules/.bin/node, which npm leaves out when the binary was not there yet. */
function link(folder, binary) {
  const place = path.join(folder, path.basename(binary));
  if (existsSync(place) || process.platform === 'win32') return;
  mkdirSync(folder, { recursive: true });
  if (lstatSync(place, { throwIfNoEntry: false })) rmSync(place);
  symlinkSync(path.relative(folder, binary), place);
}
