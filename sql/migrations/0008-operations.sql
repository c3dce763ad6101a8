-- Changes of tables in use: made in phases, each on record before it begins, so that a crash leaves nothing half done for long.
-- Run by the installer as rowhouse_owner.

alter table control.operations
  -- [{"op","field","class"}]: what of the definition changed.
  add column changes jsonb not null default '[]',
  -- The table as it was: what a rollback goes back to.
  add column before jsonb,
  -- {"next","loss"}: the table as it is to be, while the operation runs.
  add column plan jsonb,
  -- Phases as in model/phase.ts; the one at position (from 0) runs or is the next to run.
  add column phases jsonb not null default '[]',
  add column position integer not null default 0,
  -- {"block","end","step"}: how far a phase that fills a column has come.
  add column progress jsonb,
  -- A phase failed: what was done is being undone.
  add column undoing boolean not null default false,
  -- Relations whose definitions wait for this one.
  add column involved integer[] not null default '{}',
  add column heartbeat timestamptz(3);
create unique index operations_running_key on control.operations (tenant_id, relation_id) where status = 'running';
create index operations_relation_idx on control.operations (tenant_id, relation_id, id);
comment on table control.operations is
  'Schema operations: who changed the model when, the SQL and its reverse. status running: under way, or left by a process that is gone.';
