-- parameters: run, step, version, description, checksum, environment, attempt, applied_at, rolled_back_at, execution_ms, position, rows, epoch, journal_head
-- The count of commits tells afterwards whether a COMMIT that failed has happened.
INSERT INTO runbook_ledger AS known (run, step, version, description, checksum, environment, attempt, applied_at,
    rolled_back_at, execution_ms, position, rows, epoch, journal_head)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
ON CONFLICT (run, step) DO UPDATE SET
    version = excluded.version,
    description = excluded.description,
    checksum = excluded.checksum,
    environment = excluded.environment,
    attempt = excluded.attempt,
    applied_at = excluded.applied_at,
    rolled_back_at = excluded.rolled_back_at,
    execution_ms = excluded.execution_ms,
    position = excluded.position,
    rows = excluded.rows,
    epoch = excluded.epoch,
    journal_head = excluded.journal_head,
    commits = known.commits + 1
RETURNING commits
