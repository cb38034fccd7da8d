-- parameters: pid
-- PostgreSQL 13 has no such view.
SELECT
    command || ': ' || lower(type) AS doing,
    CASE WHEN bytes_total > 0 THEN bytes_processed ELSE tuples_processed END AS done,
    nullif(bytes_total, 0) AS total,
    CASE WHEN bytes_total > 0 THEN 'bytes' ELSE 'rows' END AS unit
FROM pg_stat_progress_copy
WHERE pid = $1::integer
