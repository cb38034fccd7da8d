SELECT kind, name, definition
FROM (
    SELECT
        'table' AS kind,
        c.oid::regclass::text AS name,
        c.relnamespace AS namespace,
        concat_ws(
            ', ',
            (
                SELECT string_agg(
                    concat_ws(
                        ' ',
                        quote_ident(a.attname),
                        format_type(a.atttypid, a.atttypmod),
                        CASE WHEN a.attnotnull THEN 'NOT NULL' END,
                        CASE WHEN a.atthasdef THEN 'DEFAULT ' || pg_get_expr(d.adbin, d.adrelid) END
                    ),
                    ', ' ORDER BY a.attnum
                )
                FROM pg_attribute AS a
                LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
                WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            ),
            (
                SELECT string_agg(format('CONSTRAINT %I %s', k.conname, pg_get_constraintdef(k.oid)), ', ' ORDER BY k.conname)
                FROM pg_constraint AS k
                WHERE k.conrelid = c.oid AND k.contype <> 'n'
            )
        ) AS definition
    FROM pg_class AS c
    WHERE c.relkind IN ('r', 'p', 'f') AND c.relname NOT IN ('runbook_ledger', 'runbook_lease')
    UNION ALL
    SELECT 'index', i.indexrelid::regclass::text, c.relnamespace, pg_get_indexdef(i.indexrelid)
    FROM pg_index AS i
    JOIN pg_class AS c ON c.oid = i.indrelid
    WHERE c.relname NOT IN ('runbook_ledger', 'runbook_lease')
        AND NOT EXISTS (SELECT 1 FROM pg_constraint AS k WHERE k.conindid = i.indexrelid AND k.conrelid = i.indrelid)
    UNION ALL
    SELECT 'view', c.oid::regclass::text, c.relnamespace, pg_get_viewdef(c.oid)
    FROM pg_class AS c
    WHERE c.relkind IN ('v', 'm')
    UNION ALL
    SELECT 'trigger', t.tgname::text, c.relnamespace, pg_get_triggerdef(t.oid)
    FROM pg_trigger AS t
    JOIN pg_class AS c ON c.oid = t.tgrelid
    WHERE NOT t.tgisinternal
    UNION ALL
    SELECT 'function', p.oid::regprocedure::text, p.pronamespace, pg_get_functiondef(p.oid)
    FROM pg_proc AS p
    WHERE p.prokind IN ('f', 'p')
    UNION ALL
    SELECT 'sequence', c.oid::regclass::text, c.relnamespace, ''
    FROM pg_class AS c
    WHERE c.relkind = 'S' AND c.relname <> 'runbook_ledger_place_seq'
    UNION ALL
    SELECT 'type', t.oid::regtype::text, t.typnamespace,
        (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder) FROM pg_enum AS e WHERE e.enumtypid = t.oid)
    FROM pg_type AS t
    WHERE t.typtype = 'e'
) AS found
WHERE namespace NOT IN (
    SELECT oid FROM pg_namespace WHERE nspname ~ '^pg_(toast|temp)' OR nspname IN ('pg_catalog', 'information_schema')
)
ORDER BY kind, name
