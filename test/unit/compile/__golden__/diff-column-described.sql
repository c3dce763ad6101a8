-- safe: create comment column a
comment on column "t_acme"."people"."a" is 'A';
-- back
-- safe: drop comment column a
comment on column "t_acme"."people"."a" is null;
