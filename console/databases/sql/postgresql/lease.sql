-- Held until the transaction ends, so that nobody takes the lease between this look and the commit.
SELECT epoch, run, account, host, pid, environment, released_at FROM runbook_lease FOR SHARE
