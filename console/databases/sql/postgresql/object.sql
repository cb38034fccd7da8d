-- parameters: kind, name
-- A trigger's or a rule's name is that of its table, a dot and its own.
WITH asked AS (
    SELECT
        CASE WHEN $1 <> 'trigger' THEN string_agg(quote_ident(part), '.' ORDER BY place) END AS quoted,
        string_agg(quote_ident(part), '.' ORDER BY place) FILTER (WHERE place < parts) AS before,
        max(part) FILTER (WHERE place = parts) AS last
    FROM unnest(string_to_array($2, '.')) WITH ORDINALITY AS n (part, place),
        cardinality(string_to_array($2, '.')) AS parts
)
SELECT kind, name
FROM (
    SELECT
        CASE c.relkind
            WHEN 'v' THEN 'view'
            WHEN 'm' THEN 'materialized view'
            WHEN 'S' THEN 'sequence'
            WHEN 'i' THEN 'index'
            WHEN 'I' THEN 'index'
            WHEN 'f' THEN 'foreign table'
            ELSE 'table'
        END AS kind,
        c.relname::text AS name,
        c.oid = to_regclass((SELECT quoted FROM asked)) AS meant
    FROM pg_class AS c
    UNION ALL
    SELECT 'type', typname::text, oid = to_regtype((SELECT quoted FROM asked)) FROM pg_type
    UNION ALL
    SELECT 'function', proname::text, oid = to_regproc((SELECT quoted FROM asked)) FROM pg_proc
    UNION ALL
    SELECT 'schema', nspname::text, nspname = $2 FROM pg_namespace
    UNION ALL
    SELECT 'database', datname::text, datname = $2 FROM pg_database
    UNION ALL
    SELECT 'tablespace', spcname::text, spcname = $2 FROM pg_tablespace
    UNION ALL
    SELECT 'extension', extname::text, extname = $2 FROM pg_extension
    UNION ALL
    SELECT 'subscription', subname::text, subname = $2 FROM pg_stat_subscription
    UNION ALL
    SELECT
        'trigger',
        tgname::text,
        tgname = (SELECT last FROM asked) AND tgrelid = to_regclass((SELECT before FROM asked))
    FROM pg_trigger
    WHERE NOT tgisinternal
) AS known
WHERE meant AND kind = $1
