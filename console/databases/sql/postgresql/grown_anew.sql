-- parameters: pid
-- Bytes of what it makes anew, as a rewrite does: others know no name of it yet, but its file is called like its number.
WITH RECURSIVE anew AS (
    SELECT format('base/%s/%s', database, relation) AS path
    FROM pg_locks AS l
    WHERE pid = $1::integer AND granted AND locktype = 'relation' AND mode = 'AccessExclusiveLock'
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND NOT EXISTS (SELECT 1 FROM pg_class AS c WHERE c.oid = l.relation)
),
segment AS (
    SELECT path, 0 AS number, (pg_stat_file(path, true)).size AS size FROM anew
    UNION ALL
    SELECT path, number + 1, (pg_stat_file(format('%s.%s', path, number + 1), true)).size
    FROM segment
    WHERE size IS NOT NULL
)
SELECT sum(size)::bigint AS bytes FROM segment
