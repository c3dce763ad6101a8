/** Every endpoint that the server has, from the very tables it is put together of. */
import { loadConfig } from '../../../control-plane/config.ts';
import { dialects } from '../../../control-plane/dialects/index.ts';
import { type EdgeParts, endpointsOf } from '../../../control-plane/http/edge.ts';
import { createMetrics } from '../../../control-plane/http/metrics.ts';

const env = { DATABASE_URL: 'postgres://nowhere', ROWHOUSE_JWT_SECRET: 'x'.repeat(32) };
const metrics = createMetrics();

/** They are only read here: nothing they would call is there. */
export const endpoints = endpointsOf(loadConfig({ env, cwd: '/nonexistent' }), {
  dialects,
  metrics,
} as unknown as EdgeParts);
metrics.close();
