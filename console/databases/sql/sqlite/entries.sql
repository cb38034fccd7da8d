SELECT run, step, version, description, checksum, environment, attempt, applied_at, rolled_back_at,
    execution_ms, position, rows, epoch, journal_head
FROM runbook_ledger
ORDER BY rowid
