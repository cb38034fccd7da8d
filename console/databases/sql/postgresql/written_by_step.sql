-- parameters: schema
-- What this transaction holds on the ledger, the lease and what belongs to them tells what it did: to write a table, its
-- index or its sequence, or to change one, needs more than reading does, by whatever way and under whatever name.
WITH own AS (
    SELECT c.oid, c.relname
    FROM pg_class AS c
    WHERE c.oid IN (to_regclass($1 || '.runbook_ledger'), to_regclass($1 || '.runbook_lease'))
),
part AS (
    SELECT oid, relname FROM own
    UNION ALL
    SELECT i.indexrelid, own.relname FROM own JOIN pg_index AS i ON i.indrelid = own.oid
    UNION ALL
    SELECT d.objid, own.relname
    FROM own
    JOIN pg_depend AS d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = own.oid
        AND d.classid = 'pg_class'::regclass AND d.deptype = 'i'
)
SELECT part.relname::text AS "table"
FROM part
JOIN pg_locks AS l ON l.relation = part.oid
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
WHERE l.pid = pg_backend_pid() AND l.mode NOT IN ('AccessShareLock', 'RowShareLock')
UNION ALL
SELECT name
FROM (VALUES ('runbook_ledger'), ('runbook_lease')) AS wanted (name)
WHERE to_regclass($1 || '.' || name) IS NULL
LIMIT 1
