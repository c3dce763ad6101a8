import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server of tokens or keys whose answers a test decides. */
export interface Issuer {
  readonly url: string;
  /** Requests so far. */
  readonly asked: () => number;
  readonly close: () => Promise<void>;
}

/** Starts one on a port of its own. */
export async function startIssuer(
  answer: (message: IncomingMessage, reply: ServerResponse) => void,
): Promise<Issuer> {
  let asked = 0;
  const server = createServer((message, reply) => {
    asked++;
    answer(message, reply);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    asked: () => asked,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
