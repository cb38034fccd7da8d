-- parameters: pid, since
-- What one of our own sessions is at; nothing when it is at nothing. With track_activities = off nobody can tell.
SELECT
    query,
    concat_ws(': ', wait_event_type, wait_event) AS waits_for,
    to_char(query_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS began,
    greatest(extract(epoch FROM clock_timestamp() - query_start)::float8, 0) AS seconds
FROM pg_stat_get_activity($1::integer)
WHERE state IN ('active', 'fastpath function call', 'disabled')
    AND to_char(backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') = $2
