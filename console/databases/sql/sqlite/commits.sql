SELECT commits FROM runbook_ledger WHERE run = :run AND step = :step
