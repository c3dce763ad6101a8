import { createHmac } from 'node:crypto';

/** The gateway's password: derived, so that no second secret has to be kept. `migrate` sets it, the server logs in with it. */
export function gatewayPassword(secret: string): string {
  return createHmac('sha256', secret).update('rowhouse_gateway').digest('hex');
}

/** The same server and database, entered as rowhouse_gateway. */
export function gatewayUrl(databaseUrl: string, secret: string): string {
  const url = new URL(databaseUrl);
  url.username = 'rowhouse_gateway';
  url.password = gatewayPassword(secret);
  // As parameters they would win over the part before the @.
  url.searchParams.delete('user');
  url.searchParams.delete('password');
  return url.href;
}
