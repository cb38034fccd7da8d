SELECT type AS kind, name, sql AS definition
FROM sqlite_master
WHERE tbl_name NOT IN ('runbook_ledger', 'runbook_lease') AND name NOT LIKE 'sqlite\_%' ESCAPE '\'
ORDER BY kind, name
