-- parameters: run
SELECT 1 FROM runbook_lease WHERE run = $1
UNION ALL
SELECT 1 FROM runbook_ledger WHERE run = $1
LIMIT 1
