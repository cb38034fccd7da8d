-- parameters: pids
-- What this role may not see is null, but for a query, which says so.
SELECT
    pid,
    coalesce(to_char(backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '') AS since,
    coalesce(usename::text, '') AS account,
    CASE
        WHEN coalesce(backend_type, 'client backend') = 'client backend' THEN coalesce(application_name, '')
        ELSE backend_type
    END AS application,
    coalesce(host(client_addr), '') AS address,
    coalesce(state, '') AS state,
    concat_ws(': ', wait_event_type, wait_event) AS waits_for,
    coalesce(query, '') AS query,
    coalesce(extract(epoch FROM clock_timestamp() - coalesce(xact_start, state_change))::float8, 0) AS seconds
FROM pg_stat_activity
WHERE pid = ANY (string_to_array($1, ',')::integer[])
