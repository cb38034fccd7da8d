-- What is half-made and stays so until somebody acts; what somebody is at work on is left out.
SELECT kind, name, "table", remedy
FROM (
    SELECT
        'invalid index' AS kind,
        format('%I.%I', n.nspname, c.relname) AS name,
        format('%I.%I', tn.nspname, t.relname) AS "table",
        CASE
            WHEN EXISTS (SELECT 1 FROM pg_constraint AS k WHERE k.conindid = c.oid)
                THEN format('REINDEX INDEX CONCURRENTLY %I.%I', n.nspname, c.relname)
            WHEN c.relkind = 'I' THEN format('DROP INDEX %I.%I', n.nspname, c.relname)
            ELSE format('DROP INDEX CONCURRENTLY %I.%I', n.nspname, c.relname)
        END AS remedy
    FROM pg_index AS i
    JOIN pg_class AS c ON c.oid = i.indexrelid
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_class AS t ON t.oid = i.indrelid
    JOIN pg_namespace AS tn ON tn.oid = t.relnamespace
    WHERE NOT (i.indisvalid AND i.indisready AND i.indislive)
        AND n.nspname !~ '^pg_(temp|toast_temp)_'
        AND n.nspname NOT IN ('pg_catalog', 'information_schema')
        -- Of a session of somebody else the server may tell only that it builds, not what.
        AND NOT EXISTS (
            SELECT 1
            FROM pg_stat_progress_create_index AS p
            WHERE p.datname = current_database()
                AND (
                    p.index_relid = c.oid
                    OR (p.index_relid IS NULL OR p.index_relid = 0) AND EXISTS (
                        SELECT 1 FROM pg_locks AS l WHERE l.pid = p.pid AND l.relation = t.oid AND l.granted
                    )
                )
        )
        -- DROP INDEX CONCURRENTLY and REINDEX CONCURRENTLY hold the index itself.
        AND NOT EXISTS (
            SELECT 1
            FROM pg_locks AS l
            WHERE l.relation = c.oid AND l.granted AND l.mode = 'ShareUpdateExclusiveLock'
                AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        )
    UNION ALL
    SELECT
        'constraint not validated',
        format('%I', k.conname),
        format('%I.%I', n.nspname, coalesce(t.relname, y.typname)),
        format(
            'ALTER %s %I.%I VALIDATE CONSTRAINT %I',
            CASE WHEN k.contypid <> 0 THEN 'DOMAIN' ELSE 'TABLE' END, n.nspname, coalesce(t.relname, y.typname), k.conname
        )
    FROM pg_constraint AS k
    LEFT JOIN pg_class AS t ON t.oid = k.conrelid
    LEFT JOIN pg_type AS y ON y.oid = k.contypid
    JOIN pg_namespace AS n ON n.oid = coalesce(t.relnamespace, y.typnamespace)
    WHERE NOT k.convalidated
        AND k.contype IN ('c', 'f', 'n')
        AND k.conparentid = 0
        AND (k.conislocal OR k.coninhcount = 0)
        -- From PostgreSQL 18 on a constraint may be one that nobody means to enforce.
        AND coalesce(to_jsonb(k) ->> 'conenforced', 'true') = 'true'
        AND n.nspname !~ '^pg_'
        AND n.nspname <> 'information_schema'
    UNION ALL
    SELECT
        'pending detach',
        format('%I.%I', n.nspname, c.relname),
        format('%I.%I', tn.nspname, t.relname),
        format('ALTER TABLE %I.%I DETACH PARTITION %I.%I FINALIZE', tn.nspname, t.relname, n.nspname, c.relname)
    FROM pg_inherits AS i
    JOIN pg_class AS c ON c.oid = i.inhrelid
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_class AS t ON t.oid = i.inhparent
    JOIN pg_namespace AS tn ON tn.oid = t.relnamespace
    WHERE to_jsonb(i) ->> 'inhdetachpending' = 'true'
    UNION ALL
    SELECT
        CASE WHEN g.tgisinternal THEN 'foreign key switched off' ELSE 'trigger switched off' END,
        format('%I', coalesce(k.conname, g.tgname)),
        format('%I.%I', n.nspname, t.relname),
        format('ALTER TABLE %I.%I ENABLE TRIGGER %I', n.nspname, t.relname, g.tgname)
    FROM pg_trigger AS g
    JOIN pg_class AS t ON t.oid = g.tgrelid
    JOIN pg_namespace AS n ON n.oid = t.relnamespace
    LEFT JOIN pg_constraint AS k ON k.oid = g.tgconstraint AND g.tgisinternal
    WHERE g.tgenabled = 'D'
        AND n.nspname !~ '^pg_'
        AND n.nspname <> 'information_schema'
    UNION ALL
    SELECT
        'trigger function without trigger',
        format('%I.%I()', n.nspname, p.proname),
        '',
        format('DROP FUNCTION %I.%I()', n.nspname, p.proname)
    FROM pg_proc AS p
    JOIN pg_namespace AS n ON n.oid = p.pronamespace
    WHERE p.prorettype = 'trigger'::regtype
        AND n.nspname !~ '^pg_'
        AND n.nspname <> 'information_schema'
        AND NOT EXISTS (SELECT 1 FROM pg_trigger AS g WHERE g.tgfoid = p.oid)
        AND NOT EXISTS (
            SELECT 1
            FROM pg_depend AS d
            WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
        )
) AS found
ORDER BY kind, "table", name
LIMIT 500
