SELECT epoch, run, account, host, pid, environment, released_at FROM runbook_lease
