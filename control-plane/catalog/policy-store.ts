import type { PolicyDraft } from '../model/policy.ts';
import type { Connection } from './connection.ts';

/** Writes a policy in place of the one of this id, if any. */
export async function storePolicy(
  connection: Connection,
  tenantId: number,
  policy: PolicyDraft & { readonly id: string },
  by: string,
): Promise<void> {
  const { app, id, content, document, enabled } = policy;
  await connection.query(
    `insert into control.policies (tenant_id, app, id, body, enabled, created_by, updated_by)
     values ($1, $2, $3, $4, $5, $6, $6)
     on conflict on constraint policies_pkey do update set body = excluded.body, enabled = excluded.enabled,
       updated_by = excluded.updated_by, updated_at = now()`,
    [tenantId, app, id, JSON.stringify({ content, document }), enabled, by],
  );
}

/** Forgets a policy. */
export async function storePolicyRemoval(
  connection: Connection,
  tenantId: number,
  { app, id }: { readonly app: string; readonly id: string },
): Promise<void> {
  await connection.query(
    'delete from control.policies where tenant_id = $1 and app = $2 and id = $3',
    [tenantId, app, id],
  );
}
