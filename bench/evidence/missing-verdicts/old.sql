-- The verdicts that the stored bits lack: one list of 10,002. As the owner, with the claims of a caller set.
-- The hash join reads every list to find the one.
select string_agg(case when rowhouse.acl_verdict(a.mode, 'read', 2, false, array[1], 1, null,
    a.read_ids, a.edit_ids, a.full_ids, a.delete_ids, a.deny_ids, a.authors_ids) then '1' else '0' end, '' order by i)
from generate_series(10002, (select max(id) from t_bench._rowhouse_acls)) as i
left join t_bench._rowhouse_acls as a on a.id = i;
