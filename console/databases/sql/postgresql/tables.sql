-- parameters: schema
SELECT
    to_regclass($1 || '.runbook_ledger') IS NOT NULL AS ledger,
    to_regclass($1 || '.runbook_lease') IS NOT NULL AS lease
