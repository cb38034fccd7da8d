-- parameters: pid
-- Bytes of the tables that it writes beside others. The size of one that it holds alone would have to be waited for.
SELECT sum(pg_relation_size(c.oid))::bigint AS bytes
FROM pg_class AS c
WHERE c.relkind IN ('r', 'm', 'i') AND c.oid IN (
    SELECT relation
    FROM pg_locks
    WHERE pid = $1::integer AND granted AND locktype = 'relation' AND relation >= 16384
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    GROUP BY relation
    HAVING bool_or(mode IN ('RowExclusiveLock', 'ShareUpdateExclusiveLock', 'ShareLock'))
        AND NOT bool_or(mode = 'AccessExclusiveLock')
)
