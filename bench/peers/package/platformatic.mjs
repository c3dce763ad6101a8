import { join } from 'node:path';
import { create } from '@platformatic/db';

// Platformatic DB over REST. Who may see a row is a rule of its own: it adds a condition to the query. Postgres is not told who asks.
const { PEER_DATABASE, PEER_SECRET, PEER_POOL, PEER_PORT } = process.env;
const app = await create(import.meta.dirname, {
  server: { hostname: '127.0.0.1', port: Number(PEER_PORT), logger: { level: 'warn' } },
  db: {
    connectionString: PEER_DATABASE,
    schema: ['peers'],
    poolSize: Number(PEER_POOL),
    openapi: true,
    graphql: false,
    events: false,
  },
  authorization: {
    jwt: { secret: PEER_SECRET },
    roleKey: 'role',
  },
  plugins: { paths: [join(import.meta.dirname, 'platformatic-rules.mjs')] },
  watch: false,
});
await app.start({ listen: true });
console.log('ready');
