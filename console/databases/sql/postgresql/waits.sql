-- parameters: pid, since
-- Who waits for a lock, for which one and for whom; nothing at all while that session waits for none.
SELECT
    l.pid,
    array_to_string(pg_blocking_pids(l.pid), ',') AS blocked_by,
    l.locktype AS kind,
    l.mode,
    CASE
        WHEN l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
            THEN coalesce(l.relation::regclass::text, '')
        ELSE ''
    END AS relation,
    coalesce(
        extract(epoch FROM clock_timestamp() - (to_jsonb(l) ->> 'waitstart')::timestamptz)::float8, 0
    ) AS seconds
FROM pg_locks AS l
WHERE NOT l.granted AND EXISTS (
    SELECT 1
    FROM pg_stat_get_activity($1::integer) AS own
    WHERE own.wait_event_type = 'Lock'
        AND to_char(own.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') = $2
)
