-- Accounts that were deleted: their tokens are good until they expire, so what they name must stay known.
create table control.deleted_accounts (
  tenant_id integer not null
    constraint deleted_accounts_tenant_fkey references control.tenants (id) on delete cascade,
  -- As tokens name it.
  sub text not null,
  deleted_at timestamptz(3) not null default now(),
  constraint deleted_accounts_pkey primary key (tenant_id, sub)
);
comment on table control.deleted_accounts is 'Ids of deleted accounts, never used again: their tokens are refused.';
