import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';

/** The operating system user that Postgres runs as. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
}

/** Preferred users for a Postgres started by root, which refuses to run as root itself. */
const candidates = ['postgres', 'nobody', 'daemon'];

/**
 * The account to run Postgres as, or undefined when this process is not root and Postgres simply runs as its user. `initdb` wants an
 * entry in the user database, so a bare number would not do; a cluster that exists keeps running as whoever owns its data.
 */
export function postgresAccount(dataDir?: string): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const owner = dataDir === undefined ? undefined : statSync(dataDir, { throwIfNoEntry: false });
  if (owner !== undefined && owner.uid !== 0) {
    return { uid: owner.uid, gid: owner.gid, name: String(owner.uid) };
  }
  const users = readUsers();
  for (const name of candidates) {
    const account = users.find((user) => user.name === name);
    if (account !== undefined && works(account)) return account;
  }
  const other = users.find((user) => user.uid !== 0 && works(user));
  if (other !== undefined) return other;
  throw new Error(
    'Postgres refuses to run as root and this system has no other user to run it as: add one, e.g. `useradd --system postgres`',
  );
}

/** True when the account may enter `folder` and, when one is named, read `file` in it. Tried for real: modes alone say nothing of ACLs or mounts. */
export function canReach(account: Account | undefined, folder: string, file = ''): boolean {
  const tried = spawnSync(
    '/bin/sh',
    ['-c', 'cd "$1" && { [ -z "$2" ] || [ -r "$2" ]; }', 'sh', folder, file],
    {
      cwd: '/',
      stdio: 'ignore',
      ...identity(account),
    },
  );
  return tried.status === 0;
}

/** The options of `spawn` that switch to the account. */
export function identity(account: Account | undefined): { uid?: number; gid?: number } {
  return account === undefined ? {} : { uid: account.uid, gid: account.gid };
}

function works(account: Account): boolean {
  return canReach(account, '/');
}

function readUsers(): Account[] {
  const users: Account[] = [];
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [name, , uid, gid] = line.split(':');
    if (name === undefined || uid === undefined || gid === undefined) continue;
    users.push({ name, uid: Number(uid), gid: Number(gid) });
  }
  return users;
}
