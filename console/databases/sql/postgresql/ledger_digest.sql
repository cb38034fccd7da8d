-- What tells one state of the ledger from another.
SELECT md5(coalesce(string_agg(l::text, E'\n' ORDER BY place), '')) FROM runbook_ledger AS l
