-- parameters: name
-- Who is at work on an index: builds it, builds it anew or drops it, CONCURRENTLY.
SELECT DISTINCT l.pid AS pid
FROM pg_index AS i
JOIN pg_locks AS l ON l.relation IN (i.indexrelid, i.indrelid) AND l.granted AND l.mode = 'ShareUpdateExclusiveLock'
WHERE l.pid <> pg_backend_pid()
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND (l.relation = i.indexrelid OR EXISTS (
        -- Of a session of somebody else the server may tell only that it builds, not what.
        SELECT 1 FROM pg_stat_progress_create_index AS p
        WHERE p.pid = l.pid AND coalesce(nullif(p.index_relid, 0), i.indexrelid) = i.indexrelid
    ))
    AND i.indexrelid = to_regclass((
        SELECT string_agg(quote_ident(part), '.' ORDER BY place)
        FROM unnest(string_to_array($1, '.')) WITH ORDINALITY AS n (part, place)
    ))
