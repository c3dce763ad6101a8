'use strict';
// Installs what is missing, under any Node ≥ 20, and only then. Old syntax on purpose: it runs before the pinned Node is there.
const { spawnSync } = require('node:child_process');
const { existsSync, readFileSync } = require('node:fs');
const path = require('node:path');
const { pinnedNode } = require('./pinned-node.cjs');

const root = path.join(__dirname, '..');

/** Compares content, not times: a copied or freshly cloned folder has any. */
function isInstalled() {
  const list = path.join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(list)) return false;
  const wanted = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')).packages;
  const present = JSON.parse(readFileSync(list, 'utf8')).packages;
  return Object.entries(wanted).every(([place, entry]) => {
    if (place === '') return true;
    const found = present[place];
    // Optional ones are those of other platforms.
    if (found === undefined) return entry.optional === true;
    return found.version === entry.version && existsSync(path.join(root, place));
  });
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

if (Number(process.versions.node.split('.')[0]) < 20) {
  fail(`Node ${process.versions.node} is too old to install with: 20 or newer is needed`);
}
if (!isInstalled()) {
  process.stdout.write('Installing packages (npm ci)\n');
  const args = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund'];
  const done = spawnSync('npm', args, { cwd: root, stdio: 'inherit' });
  if (done.status !== 0) fail('npm ci failed: see above');
}
try {
  pinnedNode(root);
} catch (error) {
  fail(error.message);
}
