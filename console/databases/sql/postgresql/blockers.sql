-- Who waits for whom, the longest wait first.
SELECT
    w.pid AS waiting,
    b.pid AS blocker,
    b.usename::text AS account,
    b.application_name AS application,
    b.state AS state,
    extract(epoch FROM clock_timestamp() - b.xact_start)::float8 AS seconds,
    extract(epoch FROM clock_timestamp() - w.query_start)::float8 AS waited,
    left(b.query, 200) AS query
FROM pg_stat_activity AS w
CROSS JOIN LATERAL unnest(pg_blocking_pids(w.pid)) AS by (pid)
JOIN pg_stat_activity AS b ON b.pid = by.pid
WHERE w.datname = current_database() AND w.wait_event_type = 'Lock'
ORDER BY w.query_start, b.pid
