SELECT environment FROM runbook_ledger WHERE environment <> :environment LIMIT 1
