-- What callers have used of their allowances. Run by the installer as rowhouse_owner.
-- Unlogged: a crash forgives what was used, and no request waits for the log.

create unlogged table control.turns (
  -- Digest of whose turns and of which limit.
  key bytea constraint turns_pkey primary key,
  -- Rolling window: turns by sixtieth part of it, {"<number of the part>": n}.
  parts jsonb not null default '{}',
  -- Bucket: what was left when it was looked at last, in seconds of the epoch.
  level double precision,
  looked_at double precision not null default 0,
  seen timestamptz not null default now()
);
create index turns_seen_idx on control.turns (seen);
comment on table control.turns is 'One row a caller and limit; rows unseen for two hours go.';
