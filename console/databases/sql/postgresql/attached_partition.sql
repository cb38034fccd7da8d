-- parameters: table, partition
-- PostgreSQL 13 has no such column and no such state.
SELECT inhrelid::regclass::text AS name
FROM pg_inherits AS i
WHERE coalesce(to_jsonb(i) ->> 'inhdetachpending', 'false') = 'false'
    AND inhparent = to_regclass((
    SELECT string_agg(quote_ident(part), '.' ORDER BY place)
    FROM unnest(string_to_array($1, '.')) WITH ORDINALITY AS n (part, place)
)) AND inhrelid = to_regclass((
    SELECT string_agg(quote_ident(part), '.' ORDER BY place)
    FROM unnest(string_to_array($2, '.')) WITH ORDINALITY AS n (part, place)
))
