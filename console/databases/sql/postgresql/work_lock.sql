-- parameters: application, class, schema, marker
-- Tried, not waited for: who waits holds a snapshot, and CREATE INDEX CONCURRENTLY of the other would wait for that.
SELECT
    pg_try_advisory_lock($2::integer, to_regnamespace($3)::oid::bigint::bit(32)::integer) AS taken,
    set_config('application_name', $1, false),
    set_config('runbook.lock', $4, false),
    set_config('tcp_keepalives_idle', '10', false),
    set_config('tcp_keepalives_interval', '5', false),
    set_config('tcp_keepalives_count', '3', false)
