-- parameters: run, step
SELECT commits FROM runbook_ledger WHERE run = $1 AND step = $2
