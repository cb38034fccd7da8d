-- parameters: environment
SELECT environment FROM runbook_ledger WHERE environment <> $1 LIMIT 1
