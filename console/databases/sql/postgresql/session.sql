SELECT
    pg_backend_pid() AS backend,
    quote_ident(current_schema()) AS schema,
    (
        SELECT to_char(backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
        FROM pg_stat_get_activity(pg_backend_pid())
    ) AS since,
    pg_postmaster_start_time()::text AS boot
