/** A process of its own that begins a change of a table, to be killed on the way. Arguments: database URL, secret, tenant, table. */

import { evolver } from './evolution.ts';
import { everything } from './evolution-cases.ts';

const [, , url = '', secret = '', tenant = '', name = ''] = process.argv;
const database = {
  url,
  secret,
  urlAs: (user: string, password: string) => {
    const other = new URL(url);
    other.username = user;
    other.password = password;
    return other.href;
  },
  onClose: () => undefined,
};
const process_ = evolver(database, tenant, { large: 10, name: 'to be killed' });
await process_.change(name, everything, { allowDataLoss: true });
await process_.close();
