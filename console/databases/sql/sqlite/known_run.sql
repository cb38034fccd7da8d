SELECT 1 FROM runbook_lease WHERE run = :run
UNION ALL
SELECT 1 FROM runbook_ledger WHERE run = :run
LIMIT 1
