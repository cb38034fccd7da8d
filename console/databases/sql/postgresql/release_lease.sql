-- parameters: epoch
UPDATE runbook_lease
SET released_at = clock_timestamp()
WHERE epoch = $1 AND released_at IS NULL
