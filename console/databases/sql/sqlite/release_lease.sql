UPDATE runbook_lease
SET released_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
WHERE epoch = :epoch AND released_at IS NULL
