-- parameters: pid, since
SELECT pg_terminate_backend($1::integer)
FROM pg_stat_activity
WHERE pid = $1::integer AND to_char(backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') = $2
