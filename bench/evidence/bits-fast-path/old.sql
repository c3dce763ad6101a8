-- t_<slug>._rowhouse_bits(wanted) as generated: five materialized CTEs for each evaluation, also when the stored bits cover all ACLs.
-- Evaluated twice in a read by key (policy of the table, policy of the lists), three times in a page.
select length("t_bench"._rowhouse_bits('read'));
