-- parameters: run
-- What a run has committed: it only grows, unless an older copy was put back.
SELECT coalesce(sum(commits), 0)::bigint FROM runbook_ledger WHERE run = $1
