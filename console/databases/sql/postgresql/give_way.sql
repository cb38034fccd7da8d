-- parameters: pid, since
-- Only while it waits: what has got its lock goes on.
SELECT pg_cancel_backend($1::integer)
FROM pg_stat_get_activity($1::integer) AS own
WHERE own.wait_event_type = 'Lock'
    AND to_char(own.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') = $2
