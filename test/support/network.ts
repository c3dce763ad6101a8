import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A network between the server and its database that can fail. */
export interface Network {
  /** The same database, over this network. */
  readonly url: string;
  /** Swallows whatever comes on connections that are there, as a machine does that has gone without a word; new ones are not answered. */
  readonly hush: () => void;
  /** Lets new connections log in, and then swallows what comes on them. */
  readonly hushAfterLogin: () => void;
  /** Resets the connections that are there, as a router does that has been restarted. */
  readonly cut: () => void;
  /** Passes new connections on. */
  readonly mend: () => void;
  readonly close: () => Promise<void>;
}

/** The message that ends a login: Z, its length, idle. */
const readyForQuery = Buffer.from('Z\0\0\0\x05I', 'latin1');

/** A network before the database that the connection string names. */
export async function openNetwork(target: string): Promise<Network> {
  const there = new URL(target);
  const pairs = new Set<readonly [Socket, Socket | undefined]>();
  let silent = false;
  let loginOnly = false;
  const server: Server = createServer((near) => {
    near.on('error', () => undefined);
    if (silent) {
      pairs.add([near, undefined]);
      return;
    }
    const far = connect(Number(there.port), there.hostname);
    const pair = [near, far] as const;
    pairs.add(pair);
    far.on('error', () => near.destroy());
    near.on('close', () => {
      far.destroy();
      pairs.delete(pair);
    });
    far.on('close', () => near.destroy());
    near.pipe(far);
    far.pipe(near);
    if (loginOnly) {
      far.on('data', (part: Buffer) => {
        if (part.includes(readyForQuery)) {
          near.unpipe();
          near.resume();
        }
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(target);
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    hush: () => {
      silent = true;
      for (const [near, far] of pairs) {
        near.unpipe();
        far?.unpipe();
        // Taken in, so that the sender's kernel has it acknowledged; answered by nobody.
        near.resume();
        far?.resume();
      }
    },
    hushAfterLogin: () => {
      loginOnly = true;
    },
    cut: () => {
      for (const [near] of pairs) near.resetAndDestroy();
    },
    mend: () => {
      silent = false;
      loginOnly = false;
    },
    close: async () => {
      for (const [near, far] of pairs) {
        near.destroy();
        far?.destroy();
      }
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
