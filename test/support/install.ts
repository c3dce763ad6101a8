import { install } from '../../control-plane/pg/install.ts';
import { gatewayPassword } from './principal.ts';

/** Installs everything of Rowhouse in an empty database, as `rowhouse migrate` does. */
export async function installInto(url: string, secret: string): Promise<void> {
  await install(url, { gatewayPassword: gatewayPassword(secret) });
}
