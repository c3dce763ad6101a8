import { createServer } from 'node:http';
import { postgraphile } from 'postgraphile';
import { makePgService } from 'postgraphile/adaptors/pg';
import { grafserv } from 'postgraphile/grafserv/node';
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber';
import { PgLazyJWTPreset } from 'postgraphile/presets/lazy-jwt';

// PostGraphile 5 as its documentation sets it up: its own token preset puts role and claims into settings of the transaction.
const { PEER_DATABASE, PEER_SECRET, PEER_POOL, PEER_PORT } = process.env;
const server = createServer();
const instance = postgraphile({
  extends: [PostGraphileAmberPreset, PgLazyJWTPreset],
  pgServices: [
    makePgService({
      connectionString: PEER_DATABASE,
      schemas: ['peers'],
      poolConfig: { max: Number(PEER_POOL) },
    }),
  ],
  grafserv: { pgJwtSecret: PEER_SECRET, graphiql: false, watch: false },
  grafast: { explain: false },
}).createServ(grafserv);
await instance.addTo(server);
server.listen(Number(PEER_PORT), '127.0.0.1', () => {
  console.log('ready');
});
