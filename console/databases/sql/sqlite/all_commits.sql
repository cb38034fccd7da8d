-- What a run has committed: it only grows, unless an older copy was put back.
SELECT coalesce(sum(commits), 0) FROM runbook_ledger WHERE run = :run
