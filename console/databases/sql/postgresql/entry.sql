-- parameters: run, step
SELECT
    run, step, version, description, checksum, environment, attempt,
    to_char(applied_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS applied_at,
    to_char(rolled_back_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS rolled_back_at,
    execution_ms, position, rows, epoch, journal_head
FROM runbook_ledger
WHERE run = $1 AND step = $2
